//! Saved models.

use super::{ok, refused, same_bits};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::serde::{Deserialize, Serialize};
use estimand_core::{Error, Persist, Records, Result};
use ndarray::Array2;

/// Estimators whose models can be saved; `Y` tells the kinds of targets apart.
pub trait Saved<Y> {
    /// The model.
    type Model: Persist;
    /// Fits.
    fn fit_on(&self, train: Train<'_, f64>) -> Result<Self::Model>;
    /// What the model answers.
    fn ask(model: &Self::Model, x: Records<'_, f64>) -> Result<Array2<f64>>;
}

/// A model that nobody asks for.
#[derive(Serialize, Deserialize)]
#[serde(crate = "estimand_core::serde")]
struct Stranger;
impl Persist for Stranger {
    fn type_name() -> String {
        "Stranger".into()
    }
}

pub(crate) fn answers_the_same<Y, E: Saved<Y>>(estimator: &E, subject: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 19);
    let names = ["a", "b", "c", "d"].map(String::from);
    let train = Train::of(&p).with_x(Records::from(&p.x).with_names(&names));
    let model = ok("fitting", estimator.fit_on(train))?;
    let expected = ok("answering", E::ask(&model, train.x))?;
    let bytes = ok("saving", model.to_bytes())?;
    let reloaded = ok("loading", E::Model::from_bytes(&bytes))?;
    same_bits("the reloaded model", &expected, &ok("answering", E::ask(&reloaded, train.x))?)?;
    let json = ok("saving as JSON", model.to_json())?;
    let reloaded = ok("loading JSON", E::Model::from_json(&json))?;
    same_bits("the model from JSON", &expected, &ok("answering", E::ask(&reloaded, train.x))?)?;
    let swapped = ["b", "a", "c", "d"].map(String::from);
    if E::ask(&reloaded, Records::from(&p.x).with_names(&swapped)).is_ok() {
        return Err("the reloaded model has forgotten the names of its columns".into());
    }
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        match E::Model::from_bytes(&bytes[..cut]) {
            Err(Error::Persist { .. }) => {}
            Err(e) => return Err(format!("{}: a file cut at {cut} gives {e}", subject.name)),
            Ok(_) => return Err(format!("a file cut at {cut} is loaded")),
        }
    }
    for at in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 16;
        refused("a damaged file", E::Model::from_bytes(&damaged).map(drop), &["model file"])?;
    }
    let words = ["Stranger", &E::Model::type_name()];
    let other = ok("saving another model", Stranger.to_bytes())?;
    refused("a file of another model", E::Model::from_bytes(&other).map(drop), &words)?;
    let other = ok("saving another model", Stranger.to_json())?;
    refused("JSON of another model", E::Model::from_json(&other).map(drop), &words)
}
