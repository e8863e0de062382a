//! Saved models.

use super::{ok, refused, same_bits};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::serde::{Deserialize, Serialize};
use estimand_core::{Error, Persist, Records, Result};
use ndarray::Array2;
use std::marker::PhantomData;

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

/// A model of any type.
trait Kept {
    fn ask(&self, x: Records<'_, f64>) -> Result<Array2<f64>>;
    fn to_bytes(&self) -> Result<Vec<u8>>;
    fn to_json(&self) -> Result<String>;
    /// Another model of the same type.
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Kept>>;
    fn load_json(&self, text: &str) -> Result<Box<dyn Kept>>;
    fn type_name(&self) -> String;
}

struct Of<Y, E: Saved<Y>>(E::Model, PhantomData<(Y, E)>);

impl<Y: 'static, E: Saved<Y> + 'static> Of<Y, E> {
    fn boxed(model: E::Model) -> Box<dyn Kept> {
        Box::new(Self(model, PhantomData))
    }
}

impl<Y: 'static, E: Saved<Y> + 'static> Kept for Of<Y, E> {
    fn ask(&self, x: Records<'_, f64>) -> Result<Array2<f64>> {
        E::ask(&self.0, x)
    }
    fn to_bytes(&self) -> Result<Vec<u8>> {
        self.0.to_bytes()
    }
    fn to_json(&self) -> Result<String> {
        self.0.to_json()
    }
    fn load(&self, bytes: &[u8]) -> Result<Box<dyn Kept>> {
        E::Model::from_bytes(bytes).map(Self::boxed)
    }
    fn load_json(&self, text: &str) -> Result<Box<dyn Kept>> {
        E::Model::from_json(text).map(Self::boxed)
    }
    fn type_name(&self) -> String {
        E::Model::type_name()
    }
}

pub(crate) fn answers_the_same<Y: 'static, E: Saved<Y> + 'static>(
    estimator: &E,
    subject: &Subject,
) -> Outcome {
    check(&|train| estimator.fit_on(train).map(Of::<Y, E>::boxed), subject)
}

fn check(fit: &dyn Fn(Train<'_, f64>) -> Result<Box<dyn Kept>>, subject: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 19);
    let names = ["a", "b", "c", "d"].map(String::from);
    let train = Train::of(&p).with_x(Records::from(&p.x).with_names(&names));
    let model = ok("fitting", fit(train))?;
    let expected = ok("answering", model.ask(train.x))?;
    let bytes = ok("saving", model.to_bytes())?;
    let reloaded = ok("loading", model.load(&bytes))?;
    same_bits("the reloaded model", &expected, &ok("answering", reloaded.ask(train.x))?)?;
    let json = ok("saving as JSON", model.to_json())?;
    let reloaded = ok("loading JSON", model.load_json(&json))?;
    same_bits("the model from JSON", &expected, &ok("answering", reloaded.ask(train.x))?)?;
    let swapped = ["b", "a", "c", "d"].map(String::from);
    if reloaded.ask(Records::from(&p.x).with_names(&swapped)).is_ok() {
        return Err("the reloaded model has forgotten the names of its columns".into());
    }
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        match model.load(&bytes[..cut]) {
            Err(Error::Persist { .. }) => {}
            Err(e) => return Err(format!("{}: a file cut at {cut} gives {e}", subject.name)),
            Ok(_) => return Err(format!("a file cut at {cut} is loaded")),
        }
    }
    for at in (0..bytes.len()).step_by(1 + bytes.len() / 200) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 16;
        refused("a damaged file", model.load(&damaged).map(drop), &["model file"])?;
    }
    let words = ["Stranger", &model.type_name()];
    let other = ok("saving another model", Stranger.to_bytes())?;
    refused("a file of another model", model.load(&other).map(drop), &words)?;
    let other = ok("saving another model", Stranger.to_json())?;
    refused("JSON of another model", model.load_json(&other).map(drop), &words)
}
