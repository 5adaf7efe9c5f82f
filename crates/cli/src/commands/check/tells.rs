//! Names of hidden cases that give the answer away.

use grading::bundle::{Body, Case, Question};

/// Shorter texts are in a name by chance.
const SHORTEST: usize = 2;

/// The literal that a hidden case's name shares with its test. Students see the name.
pub(super) fn tells(question: &Question, case: &Case) -> Option<String> {
    let source = match &case.body {
        Body::Doctest(examples) => {
            examples.iter().flat_map(|example| [example.source.as_str(), &example.want]).collect::<String>()
        }
        Body::Function { name, .. } => body_of(&question.module.as_ref()?.source, name),
    };
    // otter-grader's own names are the question's with a number.
    let own = case.name.strip_prefix(&question.name).unwrap_or(&case.name);
    let own =
        own.strip_prefix(" - ").filter(|rest| rest.bytes().all(|b| b.is_ascii_digit())).map_or(own, |_| "");
    let words: Vec<_> = words(own).collect();
    literals(&source).find(|literal| words.iter().any(|word| word == literal))
}

/// The lines of a function at the top of a module, without its first.
fn body_of(module: &str, function: &str) -> String {
    let first = format!("def {function}(");
    let mut lines = module.lines().skip_while(|line| !line.starts_with(&first));
    lines.next();
    let is_inside = |line: &&str| line.is_empty() || line.starts_with([' ', '\t', ')', '#']);
    lines.take_while(is_inside).flat_map(|line| [line, "\n"]).collect()
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The numbers and texts of a source that are words themselves.
fn literals(source: &str) -> impl Iterator<Item = String> {
    let (mut found, mut rest) = (Vec::new(), source);
    while let Some(at) = rest.find(|c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '\'') {
        let first = rest[at..].chars().next().unwrap_or(' ');
        let from = &rest[at..];
        if first == '"' || first == '\'' {
            let inside = &from[1..];
            let end = inside.find(first).unwrap_or(inside.len());
            // What stands in brackets is a name: of a column, or of a variable in `env`.
            if !rest[..at].ends_with('[') {
                found.push(inside[..end].to_lowercase());
            }
            rest = inside.get(end + 1..).unwrap_or("");
        } else {
            let end = from.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(from.len());
            if first.is_ascii_digit() {
                found.push(from[..end].to_lowercase());
            }
            rest = &from[end..];
        }
    }
    found.into_iter().filter(|literal| literal.len() >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use grading::bundle::{Example, Module};

    use super::*;

    fn told(name: &str, source: &str) -> Option<String> {
        let example = Example {
            source: format!("{source}\n"),
            want: "True\n".into(),
            exc_msg: None,
            options: std::collections::BTreeMap::new(),
        };
        let case = |body| Case {
            name: name.into(),
            hidden: true,
            points: 1.0,
            success_message: None,
            failure_message: None,
            body,
            literals: vec![],
        };
        let question = |module| Question {
            name: "q12".into(),
            check: "q12".into(),
            all_or_nothing: false,
            module,
            cases: vec![],
        };
        let source = format!("def other():\n    '42'\n\ndef {name}(x):\n    {source}\n");
        let module = Module { original: source.clone(), source, public: None };
        let by_function =
            tells(&question(Some(module)), &case(Body::Function { name: name.into(), params: vec![] }));
        let by_doctest = tells(&question(None), &case(Body::Doctest(vec![example])));
        assert_eq!(by_function, by_doctest, "{name}");
        by_doctest
    }

    #[test]
    fn a_name_that_holds_what_is_tested_tells() {
        assert_eq!(told("test_answer_is_42", "x == 42").as_deref(), Some("42"));
        assert_eq!(told("test_gannet_is_late", "x == 'Gannet'").as_deref(), Some("gannet"));
        assert_eq!(told("test_answer", "x == 42"), None);
        assert_eq!(told("test_change", "env['change'] == 5"), None);
        assert_eq!(told("test_x_y", "f(x1) == y2"), None);
    }

    #[test]
    fn otter_graders_own_names_do_not() {
        let case = "q12 - 15";
        let example = Example {
            source: "x == 15\n".into(),
            want: "True\n".into(),
            exc_msg: None,
            options: std::collections::BTreeMap::new(),
        };
        let case = Case {
            name: case.into(),
            hidden: true,
            points: 1.0,
            success_message: None,
            failure_message: None,
            body: Body::Doctest(vec![example]),
            literals: vec![],
        };
        let question = Question {
            name: "q12".into(),
            check: "q12".into(),
            all_or_nothing: false,
            module: None,
            cases: vec![],
        };
        assert_eq!(tells(&question, &case), None);
    }
}
