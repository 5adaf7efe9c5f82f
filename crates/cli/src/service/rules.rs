//! What follows from reports, as configured.

use server::{CourseRules, Rules};

use crate::config::{Config, Course};

/// For all courses, and for those of which the courses file says something. (What it says of environments is in
/// [`crate::config::Environments`].)
pub(crate) fn rules(config: &Config) -> Rules {
    let courses = config.materials.courses.iter().flatten();
    Rules {
        policy: config.policy,
        delivery: config.passback.delivery,
        courses: courses.map(|course| (course.name.clone(), of_course(course))).collect(),
    }
}

fn of_course(course: &Course) -> CourseRules {
    CourseRules { policy: course.policy, passback: course.passback }
}
