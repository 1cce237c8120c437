//! One fuzz target: the parser that `SIGDRIFT_FUZZ_TARGET` names. `tests/fuzz/run` builds and starts it.

#![no_main]

mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fn chosen() -> fn(&[u8]) {
    let name = std::env::var("SIGDRIFT_FUZZ_TARGET").unwrap_or_default();
    let found = targets::ALL.iter().find(|(known, _)| *known == name);
    let Some((_, target)) = found else {
        for (known, _) in targets::ALL {
            println!("{known}");
        }
        std::process::exit(2);
    };
    *target
}

fuzz_target!(|data: &[u8]| TARGET.get_or_init(chosen)(data));
