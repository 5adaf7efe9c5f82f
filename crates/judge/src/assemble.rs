//! From verdicts to the numbers of a report.

use model::Points;

use crate::{Bundle, Question, clean, in_order, sum::sum};

/// A question's verdicts; at most one for each question.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The question's index in the bundle.
    pub question: usize,
    /// The verdict on each case; absent when none of them was evaluated.
    pub cases: Option<Vec<model::Case>>,
}

/// The part of a report that says what was earned.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The questions in the order of their names.
    pub questions: Vec<model::Question>,
    /// What was earned.
    pub score: Points,
    /// What could be earned.
    pub max_score: Points,
    /// The total that the assignment's configuration defines.
    pub reported_score: Option<Points>,
}

impl Bundle {
    /// Adds up as otter-grader does, bit by bit, if the questions come in the order in which they were first checked,
    /// and then those that were not. Questions that are left out count as not evaluated.
    #[must_use]
    pub fn assemble(&self, judged: Vec<Judged>) -> Scores {
        let missing = (0..self.questions.len())
            .filter(|index| judged.iter().all(|judged| judged.question != *index))
            .map(|question| Judged { question, cases: None })
            .collect::<Vec<_>>();
        let (mut questions, mut earned, mut possible) = (Vec::new(), Vec::new(), Vec::new());
        for Judged { question, cases } in judged.into_iter().chain(missing) {
            let Some(question) = self.questions.get(question) else { continue };
            let (score, max_score) =
                (question.score(cases.as_deref(), &self.python), question.max_score(&self.python));
            earned.push(score);
            possible.push(max_score);
            questions.push(model::Question {
                name: clean(&question.name),
                score: points(score),
                max_score: points(max_score),
                cases: cases.unwrap_or_default(),
            });
        }
        let (total, possible) = (sum(earned, &self.python), sum(possible, &self.python));
        Scores {
            questions: in_order(questions),
            score: points(total),
            max_score: points(possible),
            reported_score: self.reported_score(total, possible).and_then(|score| Points::new(score).ok()),
        }
    }

    /// The score that otter-grader reports to Gradescope (`GradingResults.to_gradescope_dict`).
    fn reported_score(&self, total: f64, possible: f64) -> Option<f64> {
        // Where Python divides by zero, otter-grader takes it as nothing.
        let part = if possible == 0.0 { 0.0 } else { total / possible };
        if let Some(threshold) = self.config.score_threshold {
            let all = self.config.points_possible.filter(|points| *points != 0.0).unwrap_or(possible);
            return Some(if part >= threshold { all } else { 0.0 });
        }
        self.config.points_possible.map(|points| part * points)
    }
}

impl Question {
    fn score(&self, cases: Option<&[model::Case]>, python: &str) -> f64 {
        let Some(cases) = cases else { return 0.0 };
        let passed = |case: Option<&model::Case>| case.is_some_and(|case| case.passed == Some(true));
        let all_passed = (0..self.cases.len()).all(|index| passed(cases.get(index)));
        match (self.all_or_nothing, all_passed) {
            (true, true) => self.max_score(python),
            (true, false) => 0.0,
            (false, _) => {
                let earned = (0..).zip(&self.cases).filter(|(index, _)| passed(cases.get(*index)));
                sum(earned.map(|(_, case)| case.points), python)
            }
        }
    }

    fn max_score(&self, python: &str) -> f64 {
        sum(self.cases.iter().map(|case| case.points), python)
    }
}

/// To five decimals, as otter-grader reports points.
fn points(value: f64) -> Points {
    Points::new(value).unwrap_or_default().rounded()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, testing::bundle};

    /// The question's cases, passed or not.
    fn judged(bundle: &Bundle, question: usize, passed: &[bool]) -> Judged {
        let case = |(case, passed): (&crate::Case, &bool)| model::Case {
            name: case.name.clone(),
            hidden: case.hidden,
            passed: Some(*passed),
            points: Points::new(case.points).ok(),
            message: None,
            hint: None,
        };
        Judged {
            question,
            cases: Some(bundle.questions[question].cases.iter().zip(passed).map(case).collect()),
        }
    }

    fn numbers(scores: &Scores) -> (f64, f64, Vec<(&str, f64, f64)>) {
        let each = |q: &'_ model::Question| (q.score.get(), q.max_score.get());
        let questions = scores.questions.iter().map(|q| (q.name.as_str(), each(q).0, each(q).1)).collect();
        (scores.score.get(), scores.max_score.get(), questions)
    }

    #[test]
    fn points_are_earned_case_by_case_or_together() {
        let mut bundle = bundle();
        let judged = vec![judged(&bundle, 1, &[true]), judged(&bundle, 0, &[false, true])];
        let scores = bundle.assemble(judged.clone());
        assert_eq!(numbers(&scores), (2.5, 3.5, vec![("q1", 0.5, 1.5), ("q2", 2.0, 2.0)]));
        bundle.questions[0].all_or_nothing = true;
        assert_eq!(bundle.assemble(judged).score.to_string(), "2");
    }

    #[test]
    fn what_was_not_evaluated_earns_nothing() {
        let bundle = bundle();
        let scores =
            bundle.assemble(vec![Judged { question: 0, cases: None }, Judged { question: 9, cases: None }]);
        assert_eq!(numbers(&scores), (0.0, 3.5, vec![("q1", 0.0, 1.5), ("q2", 0.0, 2.0)]));
        assert!(scores.questions.iter().all(|question| question.cases.is_empty()));
        // Nor does what was evaluated in part, where only all counts.
        let part = judged(&bundle, 1, &[]);
        assert_eq!(bundle.assemble(vec![part]).score, Points::ZERO);
    }

    #[test]
    fn an_assignment_may_define_its_total() {
        let mut bundle = bundle();
        let reported = |bundle: &Bundle, passed: bool| {
            let judged = vec![judged(bundle, 0, &[passed, false])];
            bundle.assemble(judged).reported_score.map(Points::get)
        };
        assert_eq!(reported(&bundle, true), None);
        bundle.config = Config { points_possible: Some(20.0), ..Config::default() };
        assert_eq!(reported(&bundle, true), Some(1.0 / 3.5 * 20.0));
        bundle.config.score_threshold = Some(0.2);
        assert_eq!((reported(&bundle, true), reported(&bundle, false)), (Some(20.0), Some(0.0)));
        bundle.config.points_possible = None;
        assert_eq!(reported(&bundle, true), Some(3.5));
        for case in bundle.questions.iter_mut().flat_map(|question| &mut question.cases) {
            case.points = 0.0;
        }
        assert_eq!(reported(&bundle, true), Some(0.0));
        bundle.config.points_possible = Some(20.0);
        bundle.config.score_threshold = None;
        assert_eq!(reported(&bundle, true), Some(0.0));
    }
}
