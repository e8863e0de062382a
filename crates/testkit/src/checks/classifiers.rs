//! What holds for classifiers.

use super::{agree, ok, refused};
use crate::data::Problem;
use crate::kinds::{Settings, labels_and_probabilities};
use crate::subject::{Outcome, Subject, Suite, Train};
use estimand_core::{Fit, FitClasses, Label, Predict, Probabilities};
use ndarray::{Array1, Axis};

pub(crate) fn add<E: Settings + FitClasses>(suite: &mut Suite<E>, estimator: &E) {
    suite.add("decisions_have_the_right_shape", decision_shape);
    let e = estimator.clone();
    suite.add("clusters_are_told_apart", move |_| clusters(&e));
    let e = estimator.clone();
    suite.add("labels_of_any_type_come_back", move |_| labels(&e));
    let e = estimator.clone();
    suite.add("one_class_is_refused", move |_| one_class(&e));
}

fn two_classes(mut p: Problem) -> Problem {
    p.labels.mapv_inplace(|l| l.min(1));
    p
}

fn decision_shape(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 25);
    let three = ok("three classes", s.answer_itself(Train::of(&p)))?;
    let two = ok("two classes", s.answer_itself(Train::of(&two_classes(p))))?;
    match (three.ncols(), two.ncols()) {
        (3, 1) => Ok(()),
        found => Err(format!("{found:?} columns for three and two classes instead of (3, 1)")),
    }
}

fn clusters<E: FitClasses>(estimator: &E) -> Outcome {
    for p in [Problem::new(300, 6, 26), two_classes(Problem::new(300, 6, 27))] {
        let found = ok("fitting", estimator.fit((&p.x, &p.labels)).and_then(|m| m.predict(&p.x)))?;
        let right = found.iter().zip(&p.labels).filter(|(a, b)| a == b).count();
        if right < 249 {
            return Err(format!("only {right} of 300 rows of separate clusters are right"));
        }
    }
    Ok(())
}

fn labels<E: FitClasses>(estimator: &E) -> Outcome {
    let p = Problem::new(90, 4, 28);
    let codes = ok("fitting", estimator.fit((&p.x, &p.labels)).and_then(|m| m.predict(&p.x)))?;
    fn same<E: FitClasses, L: Label>(
        estimator: &E,
        p: &Problem,
        codes: &Array1<usize>,
        name: impl Fn(usize) -> L,
    ) -> Outcome {
        let y = p.labels.mapv(&name);
        let model = ok("fitting", estimator.fit((&p.x, &y)))?;
        if !model.classes().windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(format!("classes {:?} are not sorted", model.classes()));
        }
        let found = ok("predicting", model.predict(&p.x))?;
        if found == codes.mapv(name) {
            Ok(())
        } else {
            Err(format!("labels such as {} do not come back as codes do", y[0]))
        }
    }
    same(estimator, &p, &codes, |c| ["ant", "bee", "cat"][c].to_string())?;
    same(estimator, &p, &codes, |c| ["ant", "bee", "cat"][c])?;
    same(estimator, &p, &codes, |c| c as i32 - 1)?;
    let p = two_classes(p);
    let codes = ok("fitting", estimator.fit((&p.x, &p.labels)).and_then(|m| m.predict(&p.x)))?;
    same(estimator, &p, &codes, |c| c == 1)
}

fn one_class<E: FitClasses>(estimator: &E) -> Outcome {
    let p = Problem::new(20, 3, 29);
    refused("one class", estimator.fit((&p.x, &Array1::from_elem(20, "only"))), &["two classes", "only"])
}

pub(crate) fn probabilities<E: FitClasses>(estimator: &E) -> Outcome
where
    E::Model<f64>: Probabilities<f64>,
{
    for p in [Problem::new(90, 4, 30), two_classes(Problem::new(90, 4, 31))] {
        let (labels, proba, decisions) = ok("fitting", labels_and_probabilities(estimator, Train::of(&p)))?;
        let sums = proba.sum_axis(Axis(1)).insert_axis(Axis(1));
        // k roundings in a sum of numbers below one.
        agree("sums of probabilities", &sums, &ndarray::Array2::ones(sums.raw_dim()), 1e-12)?;
        if proba.iter().any(|v| !(0.0..=1.0).contains(v)) {
            return Err("a probability lies outside [0, 1]".into());
        }
        for (i, row) in proba.rows().into_iter().enumerate() {
            let best = row.iter().enumerate().fold(0, |b, (j, v)| if *v > row[b] { j } else { b });
            if best != labels[i] {
                return Err(format!("row {i} is predicted {} though class {best} is likelier", labels[i]));
            }
        }
        // Where one class decides more strongly in one row than in another, it is at least as likely.
        if decisions.ncols() == 1 {
            let mut order: Vec<usize> = (0..labels.len()).collect();
            order.sort_by(|a, b| decisions[[*a, 0]].total_cmp(&decisions[[*b, 0]]));
            if order.windows(2).any(|pair| proba[[pair[0], 1]] > proba[[pair[1], 1]]) {
                return Err("probabilities and decisions rank rows differently".into());
            }
        }
    }
    Ok(())
}
