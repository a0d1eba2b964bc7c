//! What the tests of all decoders do with them.

use super::{Decoder, Output};
use crate::{read::WireRead, time::Moment};

/// Everything that comes of some bytes.
pub(crate) fn hear(decoder: &mut dyn Decoder, mut bytes: &[u8], now: Moment) -> Vec<Output> {
    let mut outputs = Vec::new();
    while let Some(more) = decoder.receive(&mut bytes, now) {
        outputs.extend(more);
    }
    assert!(bytes.is_empty(), "{} bytes were left", bytes.len());
    outputs
}

/// The reads among what is to be done.
pub(crate) fn reads(outputs: &[Output]) -> Vec<&WireRead> {
    fn read(output: &Output) -> Option<&WireRead> {
        match output {
            Output::Read(read) => Some(read),
            _ => None,
        }
    }
    outputs.iter().filter_map(read).collect()
}
