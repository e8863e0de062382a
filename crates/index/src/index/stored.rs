//! What a file holds.

use super::{Algorithm, Held, Index, check, space};
use crate::metric::Metric;
use crate::prepare::{Plan, Prepare};
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Result};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// The rows as they are searched. The tree is grown again.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub(super) struct State<F> {
    metric: Metric,
    algorithm: Algorithm,
    columns: usize,
    prepare: Prepare,
    rows: StateRows<F>,
}
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
enum StateRows<F> {
    Given(Array2<F>),
    Prepared(Array2<f64>),
}

impl<F: Float> From<Index<F>> for State<F> {
    fn from(index: Index<F>) -> Self {
        let rows = match &index.held {
            Held::Given(space) => StateRows::Given(space.rows()),
            Held::Prepared(space) => StateRows::Prepared(space.rows()),
        };
        Self {
            metric: index.metric,
            algorithm: index.algorithm,
            columns: index.columns,
            prepare: index.plan.prepare,
            rows,
        }
    }
}
impl<F: Float> TryFrom<State<F>> for Index<F> {
    type Error = Error;
    fn try_from(state: State<F>) -> Result<Self> {
        let State { metric, algorithm, columns, prepare, rows } = state;
        metric.check(columns)?;
        prepare.check_loaded(columns)?;
        let plan = Plan::of(&metric, prepare, columns);
        let width = plan.prepare.width(columns);
        let damaged = || Error::Persist { what: "the rows of an index are none, or not finite".into() };
        let held = match rows {
            StateRows::Given(rows) if plan.prepare == Prepare::Nothing => {
                check_len("columns of an index", width, rows.ncols())?;
                check((&rows).into(), &metric).map_err(|_| damaged())?;
                Held::Given(space(rows.view(), &plan.gauge, &metric, algorithm)?)
            }
            StateRows::Prepared(rows) if plan.prepare != Prepare::Nothing => {
                check_len("columns of an index", width, rows.ncols())?;
                check((&rows).into(), &Metric::Euclidean).map_err(|_| damaged())?;
                Held::Prepared(space(rows.view(), &plan.gauge, &metric, algorithm)?)
            }
            _ => return Err(damaged()),
        };
        Ok(Self { metric, algorithm, columns, plan, held })
    }
}
