//! Hostile data, settings and files. What the suites share: numbers without a pattern, a list of failures, damaged model files.

mod classifiers;
mod refusals;
mod regressors;
mod unsupervised;

use estimand::core::{Error, Persist, Result};
use ndarray::Array2;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// n × p numbers between −½ and ½ without a pattern.
pub(crate) fn table(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut state = seed;
    Array2::from_shape_simple_fn((n, p), || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 / (1_u64 << 31) as f64 - 0.5
    })
}

/// The message of an error that must come, and must say `what`.
pub(crate) fn refused<T>(outcome: Result<T>, what: &str) {
    let message = outcome.map_or_else(|e| e.to_string(), |_| "no error".into());
    assert!(message.contains(what), "`{message}` does not say `{what}`");
}

/// What a report says, in a model's debugging form: its notes, and that it did not converge, without their numbers.
pub(crate) fn words(model: &str) -> Vec<String> {
    let notes = model.split("notes: [").skip(1).filter_map(|rest| rest.split(']').next());
    let plain = |note: &str| note.chars().filter(|c| c.is_alphabetic() && *c != 'e' || *c == ' ').collect();
    let mut words: Vec<String> = notes.flat_map(|list| list.split("\", \"")).map(plain).collect();
    words.extend(model.contains("converged: false").then(|| "not converged".into()));
    words
}

/// The failures of a table, all of them; panics among them.
#[derive(Default)]
pub(crate) struct Failures(pub(crate) Vec<String>);
impl Failures {
    /// What a function gives, if it neither panics nor takes ten thousand times as long as it should.
    pub(crate) fn watch<T>(&mut self, what: &str, f: impl FnOnce() -> T) -> Option<T> {
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(f));
        if start.elapsed().as_secs() > 20 {
            self.0.push(format!("{what}: {:?}", start.elapsed()));
        }
        let text = |e: &(dyn std::any::Any + Send)| {
            let text = e.downcast_ref::<String>().cloned();
            text.or(e.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
        };
        outcome.map_err(|e| self.0.push(format!("{what}: panic: {}", text(&*e)))).ok()
    }

    pub(crate) fn none(self) {
        assert!(self.0.is_empty(), "{} failures:\n{}", self.0.len(), self.0.join("\n"));
    }

    /// Notes settings that are not refused by name.
    pub(crate) fn must_refuse<T>(&mut self, settings: &str, outcome: Result<T>, what: &str) {
        let message = outcome.map_or_else(|e| e.to_string(), |_| "no error".into());
        if !message.contains(what) {
            self.0.push(format!("{settings}: `{message}` does not say `{what}`"));
        }
    }
}

/// A saved model, and what is done with a file that may be one: it is loaded and asked.
pub(crate) struct ModelFile<'a> {
    json: Value,
    bytes: Vec<u8>,
    ask: Box<dyn Fn(&[u8]) -> Result<()> + 'a>,
}

impl<'a> ModelFile<'a> {
    pub(crate) fn new<M: Persist>(model: &M, ask: impl Fn(&M) -> Result<()> + 'a) -> Result<Self> {
        let load = move |file: &[u8]| match std::str::from_utf8(file) {
            Ok(text) if text.starts_with('{') => ask(&M::from_json(text)?),
            _ => ask(&M::from_bytes(file)?),
        };
        let json = serde_json::from_str(&model.to_json()?).map_err(|e| Error::numerical(e.to_string()))?;
        Ok(Self { json, bytes: model.to_bytes()?, ask: Box::new(load) })
    }

    /// The name of the model.
    pub(crate) fn model(&self) -> String {
        self.json["model"].to_string()
    }

    /// Loads the file damaged in many ways, each of which must end in an error or in answers. At most about `most` places
    /// are damaged.
    pub(crate) fn attack(&self, failures: &mut Failures, most: usize) {
        let (name, mut file) = (self.model(), self.json.clone());
        let payload = file["payload"].take();
        let mut places = Vec::new();
        pointers(&payload, String::new(), &mut places);
        for place in places.iter().step_by(places.len() / most + 1) {
            for lie in LIES {
                file["payload"] = payload.clone();
                file["payload"].pointer_mut(place).map(lie);
                let text = file.to_string();
                if failures.watch(&name, || (self.ask)(text.as_bytes())).is_none() {
                    failures.0.push(text);
                }
            }
        }
        for (what, bytes) in damaged(&self.bytes, most) {
            failures.watch(&format!("{name}, {what}"), || (self.ask)(&bytes));
        }
    }
}

/// The places of all nodes of a tree.
fn pointers(tree: &Value, place: String, found: &mut Vec<String>) {
    match tree {
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(i, item)| pointers(item, format!("{place}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, item)| pointers(item, format!("{place}/{key}"), found));
        }
        _ => {}
    }
    found.push(place);
}

/// What may become of a node.
const LIES: [fn(&mut Value); 9] = [
    |node| *node = json!(null),
    |node| *node = json!(-1),
    |node| *node = json!(1e300),
    |node| *node = json!(1_000_000_007),
    |node| *node = json!("inf"),
    |node| *node = json!([]),
    |node| drop(node.as_array_mut().map(|all| all.pop())),
    |node| drop(node.as_array_mut().filter(|all| !all.is_empty()).map(|all| all.remove(0))),
    |node| node.as_array_mut().map_or((), |all| all.extend(all.last().cloned())),
];

/// A binary file cut short and with bits turned, whose envelope is whole: length and checksum are those of what is left.
fn damaged(file: &[u8], most: usize) -> Vec<(String, Vec<u8>)> {
    let name = usize::from(u16::from_le_bytes([file[10], file[11]]));
    let start = 12 + name + 8;
    let payload = &file[start..file.len() - 4];
    let sealed = |payload: &[u8]| {
        let mut bytes = file[..start - 8].to_vec();
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
        bytes.extend(crc32(&bytes).to_le_bytes());
        bytes
    };
    assert!(sealed(payload) == file, "the envelope is not as described");
    let step = payload.len() / most + 1;
    let mut all: Vec<_> =
        (0..file.len()).step_by(step).map(|n| (format!("file cut at {n}"), file[..n].to_vec())).collect();
    for at in (0..payload.len()).step_by(step) {
        all.push((format!("contents cut at {at}"), sealed(&payload[..at])));
        let mut changed = |what: &str, change: &dyn Fn(&mut [u8])| {
            let mut payload = payload.to_vec();
            change(&mut payload[at..]);
            all.push((format!("{what} at {at}"), sealed(&payload)));
        };
        changed("a bit turned", &|rest| rest[0] ^= 1 << (at % 8));
        changed("ones", &|rest| rest.iter_mut().take(8).for_each(|byte| *byte = 0xff));
        changed("zeros", &|rest| rest.iter_mut().take(8).for_each(|byte| *byte = 0));
        changed("a great length", &|rest| {
            rest.iter_mut().take(8).zip([0, 0, 0, 0, 0, 1, 0, 0]).for_each(|(byte, new)| *byte = new)
        });
    }
    all
}

/// CRC-32 of IEEE 802.3, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
