//! Fuzzes what decodes the exporter of MYLAPS.

#![no_main]

#[path = "../trial.rs"]
mod trial;

use gantry_core::decoder::protocol::Protocol;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| trial::try_out(Protocol::Mylaps, input));
