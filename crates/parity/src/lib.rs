//! Parity of Estimand with its references: the golden files of `datasets/golden` and how they are compared.
//!
//! A golden file is one JSON object with one case; `datasets/README.md` explains its keys. [`hold`]
//! reads all cases of a family, lets a test compute what each expects, and fails with a line per
//! deviation. A case whose expected values were not all compared fails too, so nothing is left out by
//! accident. The tests are in `tests/parity`.
//!
//! NaN equals NaN, infinities equal themselves, and for the rest
//!
//! ```text
//! maxᵢ |gotᵢ − expectedᵢ| ≤ tolerance · maxᵢ |expectedᵢ|      (tolerance · 1 where that is zero up to rounding)
//! ```

mod case;

pub use case::{Case, Data};

use std::fs;
use std::path::PathBuf;

/// What a check gives back; anything that goes wrong fails the case.
pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The folder of the golden files.
pub fn golden() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/golden"))
}

/// Runs `check` on every case of `family` whose subject `wanted` accepts.
///
/// # Panics
/// If a case deviates, or cannot be read, or if there is none.
#[expect(clippy::panic, reason = "an assertion, for tests")]
pub fn hold(family: &str, wanted: impl Fn(&str) -> bool, check: impl Fn(&Case) -> Outcome) {
    let (mut failures, mut count) = (Vec::new(), 0);
    for outcome in cases(family) {
        match outcome {
            Err(what) => failures.push(what),
            Ok(case) if wanted(case.subject()) => {
                count += 1;
                if let Err(error) = check(&case) {
                    failures.push(format!("{}: {error}", case.name()));
                } else {
                    failures.extend(case.into_failures());
                }
            }
            Ok(_) => {}
        }
    }
    if count == 0 {
        failures.push(format!("{family}: no such case"));
    }
    if !failures.is_empty() {
        panic!("{count} cases, {} deviations:\n{}", failures.len(), failures.join("\n"));
    }
}

/// The cases of a family in the order of their names, or why one cannot be read.
fn cases(family: &str) -> Vec<Result<Case, String>> {
    let folder = golden().join(family);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) => return vec![Err(format!("{}: {error}", folder.display()))],
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json"));
    paths.sort();
    paths.iter().map(|path| Case::read(path).map_err(|what| format!("{}: {what}", path.display()))).collect()
}
