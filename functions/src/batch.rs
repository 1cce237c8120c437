//! Which messages of a queue's batch have to be delivered again:
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>.

use serde::Serialize;

/// What became of a message, or of one of the tasks in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is dealt with.
    Done,
    /// It has to be delivered again, and goes to the dead letters when that happened too often.
    Failed,
}

/// A function's answer to a batch: the messages to deliver again. The queue deletes all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The failed messages, each once, in the order of the batch.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A message to deliver again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// The id of the message.
    pub item_identifier: String,
}

impl BatchResponse {
    /// The answer to a batch, from what became of its messages. A message that is named several
    /// times, once for each task in it, failed if any of them did.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = (&'a str, Outcome)>) -> Self {
        let mut failures: Vec<BatchItemFailure> = Vec::new();
        for (message, outcome) in outcomes {
            let is_named = failures.iter().any(|failure| failure.item_identifier == message);
            if outcome == Outcome::Failed && !is_named {
                failures.push(BatchItemFailure { item_identifier: message.to_owned() });
            }
        }
        Self { batch_item_failures: failures }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_answer_is_the_json_that_the_queue_reads() {
        let answer =
            BatchResponse::of([("a", Outcome::Done), ("b", Outcome::Failed), ("b", Outcome::Done)]);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#
        );
        let answer = BatchResponse::of([("a", Outcome::Done)]);
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"batchItemFailures":[]}"#);
    }

    proptest! {
        #[test]
        fn a_message_is_named_once_if_and_only_if_something_in_it_failed(
            outcomes in proptest::collection::vec((0..8_u8, any::<bool>()), 0..24)
        ) {
            let outcomes: Vec<_> = outcomes
                .into_iter()
                .map(|(id, ok)| (id.to_string(), if ok { Outcome::Done } else { Outcome::Failed }))
                .collect();
            let answer = BatchResponse::of(outcomes.iter().map(|(id, ok)| (id.as_str(), *ok)));
            for id in 0..8_u8 {
                let id = id.to_string();
                let named = answer.batch_item_failures.iter();
                let named = named.filter(|failure| failure.item_identifier == id).count();
                let failed = outcomes.contains(&(id, Outcome::Failed));
                prop_assert_eq!(named, usize::from(failed));
            }
        }
    }
}
