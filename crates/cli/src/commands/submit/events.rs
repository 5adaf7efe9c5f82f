//! Reads server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>), as far as the service
//! uses them: `id` and one line of `data`.

use model::Step;
use reqwest::Response;

pub(super) struct Events {
    answer: Response,
    buffer: Vec<u8>,
}

pub(super) struct Event {
    pub(super) id: Option<u64>,
    pub(super) step: Step,
}

impl Events {
    pub(super) fn new(answer: Response) -> Self {
        Self { answer, buffer: Vec::new() }
    }

    /// The next event; `None` when the stream ends or breaks. Events of a kind that is not known are passed over.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<_> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return Some(event);
                }
            }
            self.buffer.extend_from_slice(&self.answer.chunk().await.ok().flatten()?);
        }
    }
}

fn parse(block: &[u8]) -> Option<Event> {
    let text = std::str::from_utf8(block).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let step = serde_json::from_str(field("data:")?).ok()?;
    Some(Event { id: field("id:").and_then(|id| id.parse().ok()), step })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_an_event_and_a_comment_is_none() {
        let event =
            parse(b"id: 7\nevent: cell\ndata: {\"seq\":7,\"event\":\"cell\",\"cell\":2,\"of\":9}\n\n")
                .unwrap();
        assert_eq!((event.id, event.step), (Some(7), Step::Cell { cell: 2, of: 9 }));
        assert!(parse(b": keep-alive\n\n").is_none());
        assert!(parse(b"event: other\ndata: {\"event\":\"other\"}\n\n").is_none());
    }
}
