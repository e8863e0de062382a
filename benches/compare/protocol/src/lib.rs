//! How `benches/compare` talks to the programs it times.
//!
//! ```text
//! PROGRAM --list                    one "case library" per line
//! PROGRAM --version                 one "library version" per line
//! PROGRAM CASE --library NAME --data DIR --out DIR --threads N --reps N
//! ```
//!
//! The last form reads its arrays from `DIR/<name>.npy`, times fit and predict, writes what it computed as `.npy`
//! under `--out` and prints one line of JSON. Quality is judged elsewhere, from those arrays. The number of threads
//! is the caller's business (`RAYON_NUM_THREADS`, processor affinity); here it is only checked.

mod clock;
mod npy;
mod sparse;

pub use clock::{Timed, one_row_seconds, repeated};
pub use npy::{Array, Element};
pub use sparse::SparseRows;

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Whatever went wrong; its text goes into the table of results.
pub type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// One way to run one case: its name, the library's, and the function that does it.
pub type Entry = (&'static str, &'static str, fn(&Job) -> Result<Answer>);

/// As many transformed rows as the harness looks at.
const SAMPLE_ROWS: usize = 1_000;

/// What the caller asked for.
#[derive(Debug, Default)]
pub struct Job {
    data: PathBuf,
    out: PathBuf,
    /// How often fit and predict are repeated at most.
    pub reps: usize,
}

impl Job {
    /// The array of that name, as the data set has it.
    pub fn read<T: Element>(&self, name: &str) -> Result<Array<T>> {
        Array::read(&self.data.join(name).with_extension("npy"))
    }

    /// Leaves an array behind for judging; no shape means a vector.
    pub fn write<T: Element>(&self, name: &str, shape: &[usize], values: &[T]) -> Result<()> {
        npy::write(&self.out.join(name).with_extension("npy"), shape, values)
    }

    /// Leaves a linear model and its predictions behind: a row of `coef` and an `intercept` per output.
    pub fn write_linear<T: Element>(&self, coef: &[f64], intercept: &[f64], predicted: &[T]) -> Result<()> {
        self.write("coef", &[intercept.len(), coef.len() / intercept.len().max(1)], coef)?;
        self.write("intercept", &[], intercept)?;
        self.write("predict", &[], predicted)
    }

    /// Leaves the first rows of a transformed matrix and its shape behind.
    pub fn write_sample(&self, z: &[f64], columns: usize) -> Result<()> {
        let rows = z.len() / columns.max(1);
        let sample = rows.min(SAMPLE_ROWS);
        self.write("sample", &[sample, columns], &z[..sample * columns])?;
        self.write("shape", &[], &[i64::try_from(rows)?, i64::try_from(columns)?])
    }
}

/// The seconds that were measured.
#[derive(Debug, Default)]
pub struct Answer {
    /// Of every fit.
    pub fit: Vec<f64>,
    /// Of every prediction of the test rows.
    pub predict: Vec<f64>,
    /// Of predicting a single row.
    pub row: Option<f64>,
    /// Heap allocations of predicting a single row.
    pub allocations: Option<usize>,
    /// Highest resident memory since the data was read, in MiB.
    pub peak_mb: Option<f64>,
}

impl Answer {
    /// The seconds of fitting and predicting, with the peak of memory so far.
    pub fn new(fit: Vec<f64>, predict: Vec<f64>) -> Self {
        Self { fit, predict, peak_mb: peak_mb(), ..Self::default() }
    }

    fn json(&self) -> String {
        let mut text = format!("{{\"fit_all\": {:?}, \"predict_all\": {:?}", self.fit, self.predict);
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(text, ", \"{name}\": {value}");
            }
        };
        field("row_s", self.row.map(|s| format!("{s:?}")));
        field("allocations", self.allocations.map(|n| n.to_string()));
        field("peak_mb", self.peak_mb.map(|m| format!("{m:?}")));
        text + "}"
    }
}

/// Forgets the highest resident memory so far, so that the answer's counts from here.
pub fn forget_peak() {
    // Where the kernel does not offer this, the peak includes reading the data.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Highest resident memory, in MiB, where the system tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

/// The whole of a runner's `main`: its libraries with their versions, and what it can run.
pub fn main(libraries: &[(&str, &str)], entries: &[Entry]) -> ExitCode {
    match serve(std::env::args().skip(1).collect(), libraries, entries) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: Vec<String>, libraries: &[(&str, &str)], entries: &[Entry]) -> Result<()> {
    let mut arguments = arguments.into_iter();
    let case = arguments.next().ok_or("which case?")?;
    match case.as_str() {
        "--list" => entries.iter().for_each(|(case, library, _)| println!("{case} {library}")),
        "--version" => libraries.iter().for_each(|(library, version)| println!("{library} {version}")),
        _ => {
            let mut job = Job { reps: 1, ..Job::default() };
            let mut wanted = None;
            while let Some(option) = arguments.next() {
                let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
                match option.as_str() {
                    "--library" => wanted = Some(value),
                    "--data" => job.data = Path::new(&value).to_owned(),
                    "--out" => job.out = Path::new(&value).to_owned(),
                    "--reps" => job.reps = value.parse()?,
                    "--threads" => check_threads(&value)?,
                    _ => return Err(format!("unknown option {option}").into()),
                }
            }
            let known = |(c, l, _): &&Entry| *c == case && wanted.as_ref().is_none_or(|w| w == l);
            let (_, _, run) = entries.iter().find(known).ok_or_else(|| format!("unknown case {case}"))?;
            println!("{}", run(&job)?.json());
        }
    }
    Ok(())
}

/// A pool of another size than the one asked for would be measured under a false name.
fn check_threads(wanted: &str) -> Result<()> {
    match std::env::var("RAYON_NUM_THREADS") {
        Ok(set) if set == wanted => Ok(()),
        _ => Err(format!("set RAYON_NUM_THREADS={wanted}").into()),
    }
}
