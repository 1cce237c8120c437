//! Reads an object that is JSON and does not keep to lines: documents with arrays of records,
//! printed documents, values one behind the other.

use std::io::Read;

use super::blocks::Blocks;
use super::context::Context;
use super::intake::Intake;
use super::json_pieces::{self, Item, Limits, Pieces};
use super::values::Values;
use crate::source::{Place, SourceKind};

/// Reads all values of an object.
pub fn read<R: Read>(input: Blocks<R>, intake: &mut Intake) {
    let mut values = Values::default();
    let mut pieces = Pieces::new(input, Limits::default());
    let context = Context::default();
    loop {
        match pieces.next() {
            Ok(Some(Item::Value(piece))) => {
                let place = place(&piece.place);
                values.outlined(piece.text, piece.outline, &place, &context, intake);
            }
            // What surrounds an array of records says nothing; in an application's log it may.
            Ok(Some(Item::Rest(piece))) => {
                if intake.kind().is_none_or(|kind| kind == SourceKind::ApplicationLog) {
                    values.value(piece.text, &place(&piece.place), &context, intake);
                }
            }
            Ok(Some(Item::Problem(problem))) => {
                intake.unreadable(place(&problem.place), problem.fault);
            }
            Ok(None) => break,
            Err(error) => {
                intake.unreadable(Place::Byte(pieces.bytes_read()), error);
                break;
            }
        }
    }
    values.finish(intake);
    // An empty file of records shows by its name for them what it is.
    intake.is_a(match pieces.streamed() {
        Some("Records" | "Events") => SourceKind::CloudTrail,
        _ => SourceKind::ApplicationLog,
    });
}

fn place(place: &json_pieces::Place) -> Place {
    match place.element {
        Some(element) => Place::Element { number: element.index + 1, byte: place.offset },
        None => Place::Line(place.line),
    }
}
