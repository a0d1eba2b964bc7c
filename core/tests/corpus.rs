//! The kept inputs of the fuzz targets, on every compiler: what once broke a decoder, and what every protocol looks like.

#[path = "../../fuzz/trial.rs"]
mod trial;

use std::{fs, path::Path};

use gantry_core::decoder::protocol::Protocol;

#[test]
fn every_kept_input_is_survived_by_its_decoder() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for protocol in Protocol::ALL {
        let folder = corpus.join(protocol.name());
        let kept = fs::read_dir(&folder).expect("every protocol has a corpus");
        let mut count = 0;
        for input in kept {
            let path = input.expect("is listed").path();
            let bytes = fs::read(&path).expect("is readable");
            trial::try_out(protocol, &bytes);
            // No decoder is safe from another protocol's hardware.
            for other in Protocol::ALL {
                trial::try_out(other, &bytes);
            }
            count += 1;
        }
        assert!(count >= 5, "{} has {count} inputs", folder.display());
    }
}
