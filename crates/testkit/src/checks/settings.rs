//! Parameters: described once, in range, and back from a file.

use super::refused;
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::{Describe, Error, Records, Result};
use ndarray::Array2;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Settings of any type, on trial.
pub(crate) trait Trial {
    /// The settings.
    fn settings(&self) -> &dyn Describe;
    /// As JSON.
    fn to_json(&self) -> Result<Value, String>;
    /// Settings of the same type from JSON, and whether they are equal to these.
    fn read(&self, json: Value) -> Result<(Box<dyn Trial>, bool), String>;
    /// What an estimator with the settings learns and answers.
    fn answer(&self, train: Train<'_, f64>, ask: Records<'_, f64>) -> Result<Array2<f64>>;
}

pub(crate) fn describe_themselves(trial: &dyn Trial) -> Outcome {
    let settings = trial.settings();
    settings.check().map_err(|e| format!("the settings under test are out of range: {e}"))?;
    let json = trial.to_json()?;
    if !trial.read(json.clone())?.1 {
        return Err("the settings do not survive a round trip through JSON".into());
    }
    let described: BTreeSet<String> =
        settings.parameters().into_iter().map(|p| p.name.into_owned()).collect();
    let mut written = BTreeSet::new();
    names("", &json, &described, &mut written);
    if described != written || described.len() != settings.parameters().len() {
        return Err(format!("described are {described:?}, written are {written:?}"));
    }
    let mut misspelt = json;
    if let Some(fields) = misspelt.as_object_mut() {
        fields.insert("no_such_parameter".into(), json!(1));
    }
    match trial.read(misspelt) {
        Ok(_) => Err("a misspelt parameter in JSON is accepted".into()),
        Err(_) => Ok(()),
    }
}

/// The names in JSON; within what holds the parameters of another estimator, with its own before them.
fn names(before: &str, json: &Value, described: &BTreeSet<String>, out: &mut BTreeSet<String>) {
    for (key, value) in json.as_object().into_iter().flatten() {
        let (name, inner) = (format!("{before}{key}"), format!("{before}{key}."));
        match described.iter().any(|d| d.starts_with(&inner)) {
            true => names(&inner, value, described, out),
            false => drop(out.insert(name)),
        }
    }
}

/// For each parameter with a declared range, some value outside is found, and both `check` and `fit`
/// refuse it by the parameter's name.
pub(crate) fn out_of_range(trial: &dyn Trial, subject: &Subject) -> Outcome {
    let p = Problem::new(30, 3, 18);
    for parameter in trial.settings().parameters().into_iter().filter(|p| !p.allowed.is_empty()) {
        let own = parameter.name.rsplit('.').next().unwrap_or_default();
        let pointer = format!("/{}", parameter.name.replace('.', "/"));
        let with = |value: Value| {
            let mut json = trial.to_json().ok()?;
            *json.pointer_mut(&pointer)? = value;
            trial.read(json).ok().map(|(read, _)| read)
        };
        let probes = [
            json!(-1),
            json!(-1.0),
            json!(-1e300),
            json!(0),
            json!(0.0),
            json!(1e300),
            json!(1_000_000_000_000_u64),
            json!("inf"),
            json!([1.0, 0.0]),
        ];
        let Some(wrong) = probes.into_iter().filter_map(with).find(|t| t.settings().check().is_err()) else {
            return Err(format!(
                "no value of `{}` is refused, though it must be {}",
                parameter.name, parameter.allowed
            ));
        };
        let number = trial.to_json()?.pointer(&pointer).is_some_and(Value::is_f64);
        if number && with(json!("nan")).is_some_and(|t| t.settings().check().is_ok()) {
            return Err(format!("NaN is accepted as `{}`", parameter.name));
        }
        let train = Train::of(&p);
        refused("a parameter out of range", wrong.answer(train, train.x), &[&format!("`{own}`")])
            .map_err(|e| format!("{}: {e}", subject.name))?;
        if !matches!(wrong.settings().check(), Err(Error::Parameter { .. })) {
            return Err(format!("`{}` out of range is not reported as a parameter error", parameter.name));
        }
    }
    Ok(())
}
