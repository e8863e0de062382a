//! What holds for classifiers.

use super::{agree, finite, ok, refused, same_bits};
use crate::data::Problem;
use crate::kinds::Settings;
use crate::subject::{Outcome, Subject, Suite, Train};
use estimand_core::{
    ClassWeight, Classes, Classifier, Decide, Features, Fit, FitBatches, Label, LearnClasses, PartialFit,
    Predict, Result, Samples,
};
use ndarray::{Array1, Array2, Axis, s};

/// A fitted classifier of any type.
pub trait Decides<L> {
    /// Predicts.
    fn labels(&self, x: &Array2<f64>) -> Result<Array1<L>>;
    /// How strongly.
    fn decisions(&self, x: &Array2<f64>) -> Result<Array2<f64>>;
    /// The classes.
    fn known(&self) -> Vec<L>;
}
impl<L, M> Decides<L> for M
where
    L: Label,
    M: Predict<f64, Output = Array1<L>> + Decide<f64> + Classes<Label = L>,
{
    fn labels(&self, x: &Array2<f64>) -> Result<Array1<L>> {
        self.predict(x)
    }
    fn decisions(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.decision_function(x)
    }
    fn known(&self) -> Vec<L> {
        self.classes().to_vec()
    }
}

/// Learns labels of type `L`: an algorithm on codes, or what has a classifier inside.
pub trait Learns<L: Label> {
    /// Fits.
    fn learn(&self, samples: Samples<'_, f64, Array1<L>>) -> Result<Box<dyn Decides<L>>>;
}
impl<L, E, M> Learns<L> for E
where
    L: Label,
    E: Fit<f64, Array1<L>, Model = M>,
    M: Decides<L> + 'static,
{
    fn learn(&self, samples: Samples<'_, f64, Array1<L>>) -> Result<Box<dyn Decides<L>>> {
        Ok(Box::new(self.fit_samples(samples)?))
    }
}

/// Learns labels of every type that the checks put to a classifier.
pub trait LearnsAny:
    Learns<usize> + Learns<String> + Learns<&'static str> + Learns<i32> + Learns<i64> + Learns<bool>
{
}
impl<E> LearnsAny for E where
    E: Learns<usize> + Learns<String> + Learns<&'static str> + Learns<i32> + Learns<i64> + Learns<bool>
{
}

type Numbered<'a> = Samples<'a, f64, Array1<usize>>;

/// Fits a classifier of any type.
type Learn<'e> = dyn Fn(Numbered<'_>) -> Result<Box<dyn Decides<usize>>> + 'e;

/// What holds for classifiers of any type.
const CHECKS: &[(&str, fn(&Learn<'_>) -> Outcome)] = &[
    ("clusters_are_told_apart", clusters),
    ("the_strongest_decision_is_predicted", strongest),
    ("labels_with_gaps_are_the_same", labels_with_gaps),
    ("contradicting_rows_are_learnt", contradictions),
    ("many_classes_are_told_apart", many_classes),
];

pub(crate) fn add<E: Settings + LearnsAny>(suite: &mut Suite<E>, estimator: &E) {
    suite.add("decisions_have_the_right_shape", decision_shape);
    let e = estimator.clone();
    suite.add("labels_of_any_type_come_back", move |_| labels(&e));
    let e = estimator.clone();
    suite.add("one_class_is_refused", move |s| one_class(&e, s));
    for (name, check) in CHECKS {
        let e = estimator.clone();
        suite.add(name, move |_| check(&|samples| e.learn(samples)));
    }
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

fn clusters(learn: &Learn<'_>) -> Outcome {
    for p in [Problem::new(300, 6, 26), two_classes(Problem::new(300, 6, 27))] {
        let found = ok("fitting", learn((&p.x, &p.labels).into()).and_then(|m| m.labels(&p.x)))?;
        let right = found.iter().zip(&p.labels).filter(|(a, b)| a == b).count();
        if right < 249 {
            return Err(format!("only {right} of 300 rows of separate clusters are right"));
        }
    }
    Ok(())
}

fn labels(estimator: &impl LearnsAny) -> Outcome {
    const WORDS: [&str; 3] = ["ant", "bee", "cat"];
    let p = Problem::new(90, 4, 28);
    let codes =
        |p: &Problem| ok("fitting", estimator.learn((&p.x, &p.labels).into()).and_then(|m| m.labels(&p.x)));
    let three: Array1<usize> = codes(&p)?;
    come_back(&p, &three, |c| WORDS[c].to_string(), estimator)?;
    come_back(&p, &three, |c| WORDS[c], estimator)?;
    come_back(&p, &three, |c| c as i32 - 1, estimator)?;
    come_back(&p, &three, |c| [i64::MIN, 0, i64::MAX][c], estimator)?;
    let p = two_classes(p);
    come_back(&p, &codes(&p)?, |c| c == 1, estimator)
}

/// With labels called by `name`, the predictions are those of `codes`, called so.
fn come_back<L: Label>(
    p: &Problem,
    codes: &Array1<usize>,
    name: fn(usize) -> L,
    estimator: &dyn Learns<L>,
) -> Outcome {
    let y = p.labels.mapv(name);
    let model = ok("fitting", estimator.learn((&p.x, &y).into()))?;
    let (classes, found) = (model.known(), ok("predicting", model.labels(&p.x))?);
    if !classes.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(format!("classes {classes:?} are not sorted"));
    }
    if found == codes.mapv(name) {
        Ok(())
    } else {
        Err(format!("labels such as {} do not come back as codes do", y[0]))
    }
}

fn one_class(estimator: &dyn Learns<&'static str>, s: &Subject) -> Outcome {
    let p = Problem::new(20, 3, 29);
    let words = ["two classes", "only"];
    refused("one class", estimator.learn((&p.x, &Array1::from_elem(20, "only")).into()), &words)?;
    if !s.capabilities.weights {
        return Ok(());
    }
    let labels = Array1::from_shape_fn(20, |i| if i % 2 == 0 { "only" } else { "never" });
    let weights = Array1::from_shape_fn(20, |i| (1 - i % 2) as f64);
    refused("one class with weight", estimator.learn((&p.x, &labels, &weights).into()), &words)
}

fn strongest(learn: &Learn<'_>) -> Outcome {
    for p in [Problem::new(90, 4, 38), two_classes(Problem::new(90, 4, 39))] {
        let model = ok("fitting", learn((&p.x, &p.labels).into()))?;
        let labels = ok("predicting", model.labels(&p.x))?;
        let decisions = ok("deciding", model.decisions(&p.x))?;
        for (i, row) in decisions.rows().into_iter().enumerate() {
            let best = match row.len() {
                1 => usize::from(row[0] > 0.0),
                _ => row.iter().enumerate().fold(0, |b, (j, v)| if *v > row[b] { j } else { b }),
            };
            if best != labels[i] {
                return Err(format!("row {i} is predicted {}, the decision is for {best}", labels[i]));
            }
        }
    }
    Ok(())
}

fn labels_with_gaps(learn: &Learn<'_>) -> Outcome {
    let p = Problem::new(60, 4, 40);
    let model = ok("fitting", learn((&p.x, &p.labels).into()))?;
    let mut gaps = Array1::from_elem(120, 7);
    gaps.slice_mut(s![..;-2]).assign(&p.labels);
    let other = ok("fitting", learn((&p.x, gaps.slice(s![..;-2])).into()))?;
    let decide = |m: &dyn Decides<usize>| ok("deciding", m.decisions(&p.x));
    agree("labels in every second place, from the end", &decide(&*model)?, &decide(&*other)?, 1e-12)
}

/// The same rows under opposite labels: nothing to learn, and no reason to run for ever.
fn contradictions(learn: &Learn<'_>) -> Outcome {
    let p = Problem::new(20, 3, 41);
    let rows: Vec<usize> = (0..20).chain(0..20).collect();
    let labels = Array1::from_shape_fn(40, |i| i / 20);
    let x = p.x.select(Axis(0), &rows);
    let model = ok("fitting", learn((&x, &labels).into()))?;
    finite("contradicting rows", &ok("deciding", model.decisions(&x))?)
}

fn many_classes(learn: &Learn<'_>) -> Outcome {
    // Ten clusters on the diagonal of ten columns.
    let mut p = Problem::new(200, 10, 42);
    p.labels = Array1::from_shape_fn(200, |i| i % 10);
    p.x.indexed_iter_mut().filter(|((i, j), _)| i % 10 == *j).for_each(|(_, v)| *v += 9.0);
    let model = ok("fitting", learn((&p.x, &p.labels).into()))?;
    let decisions = ok("deciding", model.decisions(&p.x))?;
    if decisions.dim() != (200, 10) {
        return Err(format!("decisions of {:?} for 200 rows and ten classes", decisions.dim()));
    }
    let found = ok("predicting", model.labels(&p.x))?;
    for class in 0..10 {
        let right = found.iter().zip(&p.labels).filter(|(f, l)| **l == class && f == l).count();
        if right < 15 {
            return Err(format!(
                "only {right} of 20 rows of class {class} are right, of ten separate clusters"
            ));
        }
    }
    Ok(())
}

pub(crate) fn class_weights<E: Learns<usize> + Clone>(
    estimator: &E,
    set: fn(E, ClassWeight) -> E,
    s: &Subject,
) -> Outcome {
    weights_of_rows(&|weight, samples| set(estimator.clone(), weight).learn(samples), s)
}

fn weights_of_rows(
    learn: &dyn Fn(ClassWeight, Numbered<'_>) -> Result<Box<dyn Decides<usize>>>,
    s: &Subject,
) -> Outcome {
    let p = two_classes(Problem::new(90, 4, 43));
    let decide = |weight: ClassWeight, rows: Option<&Array1<f64>>| {
        let samples = match rows {
            Some(weights) => (&p.x, &p.labels, weights).into(),
            None => (&p.x, &p.labels).into(),
        };
        ok("fitting", learn(weight, samples).and_then(|m| m.decisions(&p.x)))
    };
    let (count, n) = (p.labels.iter().filter(|l| **l == 0).count() as f64, p.labels.len() as f64);
    let balanced = [n / (2.0 * count), n / (2.0 * (n - count))];
    let rows = p.labels.mapv(|l| balanced[l]);
    let by_label = ClassWeight::of([(0, balanced[0]), (1, balanced[1])]);
    let found = decide(ClassWeight::Balanced, None)?;
    agree("balanced, and the same by label", &found, &decide(by_label, None)?, 1e-9)?;
    if s.capabilities.weights {
        agree("balanced, and weights of rows", &found, &decide(ClassWeight::Uniform, Some(&rows))?, 1e-5)?;
    }
    // A class that counts ten million times as much takes nearly all rows.
    let heavy = decide(ClassWeight::of([(0, 1e3), (1, 1e-4)]), None)?;
    let taken = heavy.iter().filter(|v| **v <= 0.0).count();
    if taken * 100 < 87 * p.labels.len() {
        return Err(format!(
            "a class of weight 1e3 beside one of 1e-4 is predicted for {taken} of 90 rows only"
        ));
    }
    let unknown = learn(ClassWeight::of([(0, 1.0), (7, 2.0)]), (&p.x, &p.labels).into());
    refused("a weight for an unknown class", unknown, &["7", "0, 1"])?;
    let negative = learn(ClassWeight::of([(0, -1.0)]), (&p.x, &p.labels).into());
    refused("a negative class weight", negative, &["class_weight", "-1"])
}

/// `answer` gives labels, probabilities and decisions for the records it has learnt from.
pub(crate) fn probabilities(
    answer: &dyn Fn(Train<'_, f64>) -> Result<(Array1<usize>, Array2<f64>, Array2<f64>)>,
) -> Outcome {
    for p in [Problem::new(90, 4, 30), two_classes(Problem::new(90, 4, 31))] {
        let (labels, proba, decisions) = ok("fitting", answer(Train::of(&p)))?;
        let sums = proba.sum_axis(Axis(1)).insert_axis(Axis(1));
        // k roundings in a sum of numbers below one.
        agree("sums of probabilities", &sums, &Array2::ones(sums.raw_dim()), 1e-12)?;
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

pub(crate) fn batches<E: FitBatches>(estimator: &E, s: &Subject) -> Outcome
where
    E::Model<f64>: LearnClasses<f64>,
{
    type Learner<M> = Classifier<M, usize>;
    for mut p in [Problem::new(101, 4, 44), two_classes(Problem::new(101, 4, 45))] {
        // The first batch has one class only.
        let mut order: Vec<usize> = (0..101).collect();
        order.sort_by_key(|i| (p.labels[*i] != 1 || *i > 40, *i));
        p = p.select(&order);
        let weights = Array1::from_shape_fn(101, |i| [1.0, 2.0, 0.0, 0.5][i % 4]);
        let decide = |m: &Learner<E::Model<f64>>| ok("deciding", m.decision_function(&p.x));
        let learn = |m: &mut Learner<E::Model<f64>>, from: usize, to: usize| {
            let (x, y, w) =
                (p.x.slice(s![from..to, ..]), p.labels.slice(s![from..to]), weights.slice(s![from..to]));
            ok(
                "a batch",
                if s.capabilities.weights { m.partial_fit((x, y, w)) } else { m.partial_fit((x, y)) },
            )
        };
        let fit = |to: usize| {
            let (x, y, w) = (p.x.slice(s![..to, ..]), p.labels.slice(s![..to]), weights.slice(s![..to]));
            ok(
                "fitting",
                if s.capabilities.weights { estimator.fit((x, y, w)) } else { estimator.fit((x, y)) },
            )
        };
        let whole = fit(101)?;
        let mut model = ok("beginning", estimator.begin(p.labels.iter().copied(), Features::unnamed(4)))?;
        // Cuts after the rows of one class, and after a single row more.
        for (from, to) in [(0, 10), (10, 60), (60, 61), (61, 101)] {
            learn(&mut model, from, to)?;
        }
        // The same sums in another order.
        agree("batches", &decide(&whole)?, &decide(&model)?, 1e-9)?;
        let mut model = fit(70)?;
        learn(&mut model, 70, 101)?;
        agree("a fit and a further batch", &decide(&whole)?, &decide(&model)?, 1e-9)?;

        // A batch that is refused leaves the model as it was.
        let before = decide(&model)?;
        let narrow = p.x.slice(s![.., ..3]);
        refused(
            "a batch of another width",
            model.partial_fit((narrow, &p.labels)),
            &["columns", "expected 4"],
        )?;
        let none = Array2::zeros((0, 4));
        refused("an empty batch", model.partial_fit((&none, &Array1::<usize>::zeros(0))), &["empty"])?;
        let infinite = p.clone().with_value(50, 1, f64::INFINITY);
        let words = ["x contains inf", "row 50"];
        refused("a batch with an infinity", model.partial_fit((&infinite.x, &p.labels)), &words)?;
        let mut strange = p.labels.clone();
        strange[20] = 7;
        refused("a batch with an unknown label", model.partial_fit((&p.x, &strange)), &["7", "0, 1"])?;
        same_bits("after refused batches", &before, &decide(&model)?)?;
    }
    refused(
        "a single class",
        estimator.begin::<f64, usize>([3], Features::unnamed(4)).map(drop),
        &["classes"],
    )
}
