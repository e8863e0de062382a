//! Two steps in a row: the records pass through the first on their way to the last.
//!
//! A chain of settings is itself settings, a chain of models is itself a model, and both are typed:
//! what a pipeline can do is what its last step can do, checked by the compiler. Each step learns from
//! the training rows alone, so a chain inside cross-validation leaks nothing.
//!
//! ```text
//! fit:      first = fit₁(X, y)      last = fit₂(first(X), y)
//! predict:  last(first(X))
//! ```
//!
//! In a search, candidates with equal first steps share the fit of that step and the records it makes.

use estimand_core::records::{Storage, Table};
use estimand_core::{
    Capabilities, Classes, Decide, DecideOne, Describe, Error, Fit, Float, InverseTransform, Matrix,
    Parameter, Persist, Predict, PredictOne, PredictProba, Records, Result, Samples, Scratch, Target,
    Transform, TransformOne,
};
use estimand_par as par;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Two steps in a row, settings or models.
///
/// ```text
/// let pipeline = StandardScaler::new().then(LogisticRegression::new());
/// let model = pipeline.fit(&train)?;          // Chain<StandardScalerModel<f64>, Classifier<…>>
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "a pipeline does nothing until it is fitted"]
pub struct Chain<A, B> {
    first: A,
    last: B,
}

impl<A, B> Chain<A, B> {
    /// The step, or steps, before the last.
    pub fn first(&self) -> &A {
        &self.first
    }

    /// The last step.
    pub fn last(&self) -> &B {
        &self.last
    }

    /// The same pipeline with its earlier steps changed: `pipeline.map_first(|scaler| scaler.with_mean(false))`.
    /// Usable in `grid!`-like searches over the parameters of a step.
    pub fn map_first<A2>(self, change: impl FnOnce(A) -> A2) -> Chain<A2, B> {
        Chain { first: change(self.first), last: self.last }
    }

    /// The same pipeline with its last step changed: `pipeline.map_last(|model| model.c(0.1))`.
    pub fn map_last<B2>(self, change: impl FnOnce(B) -> B2) -> Chain<A, B2> {
        Chain { first: self.first, last: change(self.last) }
    }
}

/// Gives settings their `then`.
pub trait Then: Describe + Sized {
    /// A pipeline of this step and a further one.
    fn then<B: Describe>(self, last: B) -> Chain<Self, B> {
        Chain { first: self, last }
    }
}
impl<T: Describe> Then for T {}

impl<F, Y, A, B> Fit<F, Y> for Chain<A, B>
where
    F: Float,
    Y: Target,
    A: Fit<F, Y> + PartialEq + Sync,
    A::Model: Transform<F> + Clone + Send + Sync,
    B: Fit<F, Y> + Sync,
    B::Model: Send,
{
    type Model = Chain<A::Model, B::Model>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<Self::Model> {
        let first = self.first.fit_samples(samples)?;
        let last = after(&first, samples, |samples| self.last.fit_samples(samples))??;
        Ok(Chain { first, last })
    }

    /// Equal first steps are fitted once, and the records they make are shared by all last steps.
    fn fit_many<'s>(candidates: &[&Self], samples: Samples<'s, F, Y>) -> Vec<Result<Self::Model>> {
        let (mut firsts, mut members) = (Vec::<&A>::new(), Vec::<Vec<usize>>::new());
        for (i, candidate) in candidates.iter().enumerate() {
            match firsts.iter().position(|first| **first == candidate.first) {
                Some(group) => members[group].push(i),
                None => {
                    firsts.push(&candidate.first);
                    members.push(vec![i]);
                }
            }
        }
        let fitted = fit_each(&firsts, samples);
        let lasts = par::map(firsts.len(), |group| {
            let lasts: Vec<&B> = members[group].iter().map(|i| &candidates[*i].last).collect();
            let first = fitted[group].as_ref().map_err(Error::clone)?;
            after(first, samples, |samples| fit_each(&lasts, samples))
        });
        let mut models: Vec<_> = candidates.iter().map(|_| None).collect();
        for ((first, lasts), members) in fitted.into_iter().zip(lasts).zip(members) {
            match first.and_then(|first| Ok((first, lasts?))) {
                Ok((first, lasts)) => {
                    for (i, last) in members.into_iter().zip(lasts) {
                        models[i] = Some(last.map(|last| Chain { first: first.clone(), last }));
                    }
                }
                Err(error) => members.into_iter().for_each(|i| models[i] = Some(Err(error.clone()))),
            }
        }
        let missing = || Err(Error::numerical("`fit_many` returned too few models"));
        models.into_iter().map(|model| model.unwrap_or_else(missing)).collect()
    }

    fn shares_fits() -> bool {
        true
    }
}

/// What `fit` makes of the samples that have passed through `first`.
fn after<F: Float, Y: Target, R>(
    first: &impl Transform<F>,
    samples: Samples<'_, F, Y>,
    fit: impl FnOnce(Samples<'_, F, Y>) -> R,
) -> Result<R> {
    let z = first.transform_records(samples.x)?;
    let names = samples.x.names().and_then(|_| first.feature_names_out());
    let records = names.as_ref().map_or(z.records(), |names| z.records().with_names(names));
    Ok(fit(samples.with_x(records)))
}

/// Fits each, together where that shares work, else on as many threads as there are.
fn fit_each<F, Y, E>(candidates: &[&E], samples: Samples<'_, F, Y>) -> Vec<Result<E::Model>>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    E::Model: Send,
{
    match candidates.len() > 1 && E::shares_fits() {
        true => E::fit_many(candidates, samples),
        false => par::map(candidates.len(), |c| candidates[c].fit_samples(samples)),
    }
}

impl<F: Float, A: Transform<F>, B: Predict<F>> Predict<F> for Chain<A, B> {
    type Output = B::Output;

    fn predict_records(&self, x: Records<'_, F>) -> Result<B::Output> {
        self.last.predict_records(self.first.transform_records(x)?.records())
    }
}

impl<F: Float, A: Transform<F>, B: PredictProba<F>> PredictProba<F> for Chain<A, B> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.last.predict_proba_records(self.first.transform_records(x)?.records())
    }
}

impl<A, B: Classes> Classes for Chain<A, B> {
    type Label = B::Label;

    fn classes(&self) -> &[B::Label] {
        self.last.classes()
    }
}

impl<F: Float, A: Transform<F>, B: Decide<F>> Decide<F> for Chain<A, B> {
    fn decision_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        self.last.decision_records(self.first.transform_records(x)?.records())
    }
}

/// A chain stores its result as its last step does, given what the first step makes of the input.
#[derive(Clone, Copy, Debug)]
pub struct Through<A, B>(std::marker::PhantomData<(A, B)>);

impl<F: Float, A: Storage<F>, B: Storage<F>> Storage<F> for Through<A, B> {
    type Of<Given: Table<F>> = B::Of<A::Of<Given>>;
}

impl<F: Float, A: Transform<F>, B: Transform<F>> Transform<F> for Chain<A, B> {
    type Stored = Through<A::Stored, B::Stored>;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.last.transform_records(self.first.transform_records(x)?.records())
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.last.feature_names_out()
    }
}

impl<F: Float, A: InverseTransform<F>, B: InverseTransform<F>> InverseTransform<F> for Chain<A, B> {
    fn inverse_transform_records(&self, z: Records<'_, F>) -> Result<Matrix<F>> {
        self.first.inverse_transform_records(self.last.inverse_transform_records(z)?.records())
    }
}

impl<A, B> Chain<A, B> {
    /// What the last step makes of one row that has passed through the first.
    fn one<'m, F: Float, R>(
        &'m self,
        row: &[F],
        scratch: &mut Scratch<F>,
        last: impl FnOnce(&'m B, &[F], &mut Scratch<F>) -> Result<R>,
    ) -> Result<R>
    where
        A: TransformOne<F>,
    {
        let mut z = scratch.take();
        let outcome =
            self.first.transform_one(row, &mut z, scratch).and_then(|()| last(&self.last, &z, scratch));
        scratch.give(z);
        outcome
    }
}

impl<F: Float, A: TransformOne<F>, B: PredictOne<F>> PredictOne<F> for Chain<A, B> {
    type One<'m>
        = B::One<'m>
    where
        A: 'm,
        B: 'm;

    fn predict_one<'m>(&'m self, row: &[F], scratch: &mut Scratch<F>) -> Result<B::One<'m>> {
        self.one(row, scratch, B::predict_one)
    }
}

impl<F: Float, A: Transform<F> + TransformOne<F>, B: DecideOne<F>> DecideOne<F> for Chain<A, B> {
    fn decide_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.one(row, scratch, |last, z, scratch| last.decide_one(z, out, scratch))
    }
}

impl<F: Float, A: TransformOne<F>, B: TransformOne<F>> TransformOne<F> for Chain<A, B> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        self.one(row, scratch, |last, z, scratch| last.transform_one(z, out, scratch))
    }
}

impl<A: Describe, B: Describe> Describe for Chain<A, B> {
    fn name(&self) -> String {
        format!("{} → {}", self.first.name(), self.last.name())
    }

    fn parameters(&self) -> Vec<Parameter> {
        // A nested chain has prefixed its own steps already.
        fn prefixed(step: &impl Describe) -> impl Iterator<Item = Parameter> {
            let prefix = step.name();
            let nested = prefix.contains(" → ");
            step.parameters().into_iter().map(move |p| match nested {
                true => p,
                false => Parameter { name: format!("{prefix}.{}", p.name).into(), ..p },
            })
        }
        prefixed(&self.first).chain(prefixed(&self.last)).collect()
    }

    fn check(&self) -> Result<()> {
        self.first.check()?;
        self.last.check()
    }

    fn capabilities(&self) -> Capabilities {
        let (a, b) = (self.first.capabilities(), self.last.capabilities());
        Capabilities {
            sparse: a.sparse && b.sparse,
            weights: a.weights && b.weights,
            missing: a.missing && b.missing,
        }
    }
}

impl<A: Persist, B: Persist> Persist for Chain<A, B> {
    fn type_name() -> String {
        format!("Chain<{}, {}>", A::type_name(), B::type_name())
    }

    fn check_loaded(&self) -> Result<()> {
        self.first.check_loaded()?;
        self.last.check_loaded()
    }
}
