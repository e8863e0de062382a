//! Model files: every number survives, and no file, however damaged or forged, brings a program down.

#![allow(clippy::panic, reason = "helpers of tests may assert")]

use estimand_core::persist::{
    FORMAT_VERSION, Header, check_len, describe, settings_from_json, settings_to_json,
};
use estimand_core::{Classifier, Error, Float, Persist, Result, Seed};
use ndarray::{Array1, Array2, array};
use serde::{Deserialize, Serialize};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Every shape of serde data that models use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct Everything<F> {
    name: String,
    vector: Array1<F>,
    matrix: Array2<F>,
    list: Vec<Vec<u32>>,
    fixed: [f64; 3],
    some: Option<F>,
    none: Option<F>,
    map: BTreeMap<usize, F>,
    kinds: Vec<Kind<F>>,
    unit: (),
    pair: (bool, char),
    scalar: std::marker::PhantomData<F>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
enum Kind<F> {
    Plain,
    One(F),
    Two(F, i64),
    Named { value: F },
}
estimand_core::persist!(Everything<F>, |m| check_len("vector", 4, m.vector.len()), |m, k| check_len(
    "classes",
    k,
    m.fixed.len()
));

/// Numbers at the edges of their types, and some that short decimals misread.
fn everything<F: Float>() -> Everything<F> {
    let odd = [F::infinity(), F::neg_infinity(), -F::zero(), F::min_positive_value() / F::of(8.0)];
    Everything {
        name: "Grüße, \"inf\" \u{0}".into(),
        vector: Array1::from(odd.to_vec()),
        matrix: array![[F::of(0.1), F::of(1.0 / 3.0)], [F::max_value(), F::of(7.038531e-26)]],
        list: vec![vec![], vec![1, 2, u32::MAX]],
        fixed: [f64::MIN_POSITIVE, f64::INFINITY, 5e-324],
        some: Some(F::neg_infinity()),
        none: None,
        map: [(7, F::epsilon()), (9, F::infinity())].into(),
        kinds: vec![
            Kind::Plain,
            Kind::One(F::infinity()),
            Kind::Two(F::of(0.3), i64::MIN),
            Kind::Named { value: F::neg_infinity() },
        ],
        unit: (),
        pair: (true, '€'),
        scalar: std::marker::PhantomData,
    }
}

fn refusal(outcome: Result<Everything<f64>>) -> String {
    match outcome {
        Err(Error::Persist { what }) => what,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The same contents with a checksum that fits.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&checksum);
    bytes
}

#[test]
fn every_number_survives_both_formats() {
    fn check<F: Float>() {
        let model = everything::<F>();
        assert_eq!(Everything::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        let text = model.to_json().unwrap();
        let read = Everything::<F>::from_json(&text).unwrap();
        assert_eq!(read, model, "{text}");
        // `==` takes −0 for 0.
        assert!(read.vector[2].is_sign_negative());
    }
    check::<f32>();
    check::<f64>();
    let nan: Vec<f64> = settings_from_json(&settings_to_json(&[f64::NAN, 1.0]).unwrap()).unwrap();
    assert!(nan[0].is_nan() && nan[1] == 1.0);
    assert!(settings_from_json::<f64>("\"infinity\"").is_err());
}

#[test]
fn random_numbers_survive_json() {
    use rand::RngCore;
    let mut stream = Seed(1).stream(0);
    let wide: Vec<f64> =
        (0..20_000).map(|_| f64::from_bits(stream.next_u64())).filter(|v| v.is_finite()).collect();
    let narrow: Vec<f32> =
        (0..20_000).map(|_| f32::from_bits(stream.next_u32())).filter(|v| v.is_finite()).collect();
    assert!(settings_from_json::<Vec<f64>>(&settings_to_json(&wide).unwrap()).unwrap() == wide);
    assert!(settings_from_json::<Vec<f32>>(&settings_to_json(&narrow).unwrap()).unwrap() == narrow);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = everything::<f64>().to_bytes().unwrap();
    for length in 0..bytes.len() {
        let what = refusal(Everything::from_bytes(&bytes[..length]));
        assert!(what.contains("truncated") || length == 0, "{length}: {what}");
    }
}

#[test]
fn a_file_with_any_bit_flipped_is_refused() {
    let mut bytes = everything::<f64>().to_bytes().unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            let what = refusal(Everything::from_bytes(&bytes));
            let expected = if at < 8 {
                "not an Estimand model"
            } else if at < 10 {
                "version"
            } else {
                "checksum"
            };
            assert!(what.contains(expected), "byte {at}, bit {bit}: {what}");
            bytes[at] ^= 1 << bit;
        }
        bytes[at] = !bytes[at];
        refusal(Everything::from_bytes(&bytes));
        bytes[at] = !bytes[at];
    }
}

#[test]
fn forged_bytes_under_a_valid_checksum_never_panic_or_allocate() {
    // Lengths of strings, vectors and arrays are among the eight-byte windows of the payload.
    let bytes = everything::<f64>().to_bytes().unwrap();
    let payload_at = 12 + Everything::<f64>::type_name().len() + 8;
    for at in 10..bytes.len() - 4 {
        for claim in [1_u64 << 60, u64::MAX, 1 << 40, 1 << 20, bytes.len() as u64] {
            let mut forged = bytes.clone();
            let end = (at + 8).min(bytes.len() - 4);
            forged[at..end].copy_from_slice(&claim.to_le_bytes()[..end - at]);
            let forged = signed(forged);
            let (outcome, peak) = largest_allocation(|| Everything::<f64>::from_bytes(&forged));
            // No element has less than a byte in the file or more than 24 in memory.
            assert!(peak <= 24 * forged.len(), "byte {at}, claim {claim}: {peak} bytes reserved");
            if at == payload_at && claim > bytes.len() as u64 {
                refusal(outcome);
            }
        }
    }
}

#[test]
fn random_payloads_under_a_valid_checksum_never_panic() {
    use rand::RngCore;
    let model = everything::<f64>();
    let bytes = model.to_bytes().unwrap();
    let payload_at = 12 + Everything::<f64>::type_name().len() + 8;
    let mut stream = Seed(3).stream(0);
    for _ in 0..20_000 {
        let mut forged = bytes.clone();
        let room = forged.len() - 4 - payload_at;
        for _ in 0..1 + stream.next_u32() % 4 {
            forged[payload_at + stream.next_u64() as usize % room] = stream.next_u32() as u8;
        }
        let forged = signed(forged);
        let (_, peak) = largest_allocation(|| Everything::<f64>::from_bytes(&forged));
        assert!(peak <= 24 * forged.len(), "{peak} bytes reserved");
    }
}

#[test]
fn each_fault_of_the_envelope_has_its_message() {
    let bytes = everything::<f64>().to_bytes().unwrap();
    let refused = |bytes: &[u8]| refusal(Everything::from_bytes(bytes));

    assert!(refused(b"PK\x03\x04 something else").contains("not an Estimand model"));
    assert!(refused(everything::<f64>().to_json().unwrap().as_bytes()).contains("load_json"));

    let mut newer = bytes.clone();
    newer[8..10].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
    assert!(refused(&signed(newer)).contains("upgrade"));

    let narrow = everything::<f32>().to_bytes().unwrap();
    let what = refused(&narrow);
    assert!(what.contains("Everything<f32>") && what.contains("Everything<f64>"), "{what}");

    let mut longer = bytes.clone();
    longer.splice(bytes.len() - 4..bytes.len() - 4, [0; 3]);
    assert!(refused(&signed(longer.clone())).contains("announced"));
    let length_at = 12 + Everything::<f64>::type_name().len();
    let length = (longer.len() - 4 - length_at - 8) as u64;
    longer[length_at..length_at + 8].copy_from_slice(&length.to_le_bytes());
    assert!(refused(&signed(longer)).contains("3 bytes too many"));

    let mut inconsistent = everything::<f64>();
    inconsistent.vector = array![1.0];
    assert!(refused(&inconsistent.to_bytes().unwrap()).contains("vector has length 1"));
}

#[test]
fn faults_of_json_are_refused() {
    let text = everything::<f64>().to_json().unwrap();
    let refused = |text: &str| refusal(Everything::from_json(text));
    for length in (0..text.len()).filter(|n| text.is_char_boundary(*n)) {
        refused(&text[..length]);
    }
    assert!(
        refused(&text.replace("Everything<f64>", "Ridge<f64>")).contains("asked for was a Everything<f64>")
    );
    assert!(refused(&text.replace("\"version\":1", "\"version\":99")).contains("upgrade"));
    assert!(
        refused(&text.replace("\"format\":\"estimand\"", "\"format\":\"other\""))
            .contains("not an Estimand model")
    );
    assert!(refused("[]").contains("not an Estimand model"));
    assert!(refused(&format!("{text} x")).contains("trailing"));
    assert!(refused(&text.replace("\"dim\":[4]", "\"dim\":[1152921504606846976]")).contains("damaged"));
    refused(&"{\"payload\":".repeat(100_000));
    refused(&text.replace("\"unit\":null", &format!("\"unit\":{}", "[".repeat(100_000))));
}

#[test]
fn classifiers_check_their_classes() {
    type Model = Classifier<Everything<f64>, i32>;
    let model = |classes: &str| {
        let text = settings_to_json(&everything::<f64>()).unwrap();
        let text = format!(
            r#"{{"format":"estimand","version":1,"model":"Classifier<Everything<f64>, i32>","payload":{{"model":{text},"classes":{classes}}}}}"#
        );
        Model::from_json(&text)
    };
    assert_eq!(model("[-1,0,5]").unwrap().classes(), [-1, 0, 5]);
    for forged in ["[]", "[3]", "[1,2]", "[1,2,3,4]", "[1,3,2]", "[1,1,2]"] {
        assert!(matches!(model(forged), Err(Error::Persist { .. })), "{forged}");
    }
}

#[test]
fn files_are_replaced_in_one_step_and_described() {
    let folder = std::env::temp_dir().join(format!("estimand-persist-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (binary, json) = (folder.join("model.est"), folder.join("model.json"));
    let model = everything::<f64>();
    for _ in 0..2 {
        model.save(&binary).unwrap();
        model.save_json(&json).unwrap();
    }
    assert_eq!(Everything::<f64>::load(&binary).unwrap(), model);
    assert_eq!(Everything::<f64>::load_json(&json).unwrap(), model);
    let header = Header { format_version: FORMAT_VERSION, model: "Everything<f64>".into() };
    assert_eq!(describe(&binary).unwrap(), header);
    assert_eq!(describe(&json).unwrap(), header);
    assert!(refusal(Everything::load(&json)).contains("model.json"));
    assert!(refusal(Everything::load_json(&binary)).contains("use `load`"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2, "temporary files are left behind");

    #[cfg(unix)]
    {
        let link = folder.join("link.est");
        std::os::unix::fs::symlink(&binary, &link).unwrap();
        model.save(&link).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    }
    assert!(matches!(model.save(folder.join("missing").join("model.est")), Err(Error::Io { .. })));
    assert!(matches!(model.save(&folder), Err(Error::Io { .. })));
    assert!(matches!(Everything::<f64>::load(folder.join("nothing.est")), Err(Error::Io { .. })));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Counts what one thread reserves.
struct Counting;
thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: every call is handed to the system's allocator unchanged; the counter holds no pointer and
// its thread-local cell needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What `f` returns, and the largest single allocation that this thread made meanwhile.
fn largest_allocation<T>(f: impl FnOnce() -> T) -> (T, usize) {
    LARGEST.with(|largest| largest.set(0));
    let outcome = f();
    (outcome, LARGEST.with(Cell::get))
}
