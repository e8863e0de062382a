//! The same numbers in other places of memory are the same records.

use super::{agree, ok, refused};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::{Csr, Error};
use ndarray::{Array1, Array2, ArrayView2, Axis, ShapeBuilder, s};

/// `x` in every layout that a view can have; each owner is followed by the view to take of it.
fn layouts(x: &Array2<f64>) -> Vec<(&'static str, Array2<f64>, fn(&Array2<f64>) -> ArrayView2<'_, f64>)> {
    let (n, p) = x.dim();
    let mut columns = Array2::zeros((n, p).f());
    columns.assign(x);
    let mut wide = Array2::from_elem((n, 2 * p + 1), f64::NAN);
    wide.slice_mut(s![.., 1..;2]).assign(x);
    let mut tall = Array2::from_elem((2 * n, p), f64::NAN);
    tall.slice_mut(s![..;2, ..]).assign(x);
    let mut reversed = x.clone();
    reversed.invert_axis(Axis(0));
    let upside_down = reversed.as_standard_layout().into_owned();
    let mut mirrored = x.clone();
    mirrored.invert_axis(Axis(1));
    let back_to_front = mirrored.as_standard_layout().into_owned();
    vec![
        ("columns first", columns, |a| a.view()),
        ("every second column of a wider array", wide, |a| a.slice(s![.., 1..;2])),
        ("every second row of a taller array", tall, |a| a.slice(s![..;2, ..])),
        ("rows from the last to the first", upside_down, |a| a.slice(s![..;-1, ..])),
        ("columns from the last to the first", back_to_front, |a| a.slice(s![.., ..;-1])),
    ]
}

pub(super) fn when_fitting(s: &Subject) -> Outcome {
    let p = Problem::new(70, 5, 11);
    let expected = ok("fitting", s.answer_itself(Train::of(&p)))?;
    for (name, owner, view) in layouts(&p.x) {
        let found = ok(name, (s.answer)(Train::of(&p).with_x(view(&owner)), (&p.x).into()))?;
        // Kernels for other strides may sum in another order.
        agree(name, &expected, &found, 1e-9)?;
    }
    Ok(())
}

pub(super) fn when_asked(s: &Subject) -> Outcome {
    let p = Problem::new(70, 5, 12);
    let expected = ok("fitting", s.answer_itself(Train::of(&p)))?;
    for (name, owner, view) in layouts(&p.x) {
        let found = ok(name, (s.answer)(Train::of(&p), view(&owner).into()))?;
        agree(name, &expected, &found, 1e-12)?;
    }
    Ok(())
}

pub(super) fn sparse(s: &Subject) -> Outcome {
    let mut p = Problem::new(90, 6, 13);
    // Two values in three are zero, as sparse records have it.
    p.x.indexed_iter_mut().for_each(|((i, j), v)| *v = if (i + j) % 3 == 0 { *v } else { 0.0 });
    let csr = Csr::from_dense(p.x.view());
    let train = Train::of(&p).with_x(&csr);
    if !s.capabilities.sparse {
        return refused("sparse x, which it is declared not to read,", s.answer_itself(train), &["sparse"]);
    }
    let expected = ok("dense", s.answer_itself(Train::of(&p)))?;
    // Sparse solvers may be iterative where dense ones are direct.
    agree("sparse", &expected, &ok("sparse", s.answer_itself(train))?, 1e-5)?;
    agree("sparse when asked", &expected, &ok("sparse", (s.answer)(Train::of(&p), (&csr).into()))?, 1e-12)?;
    let nan = csr.map_values(|j, v| if j == 3 { f64::NAN } else { v });
    match s.capabilities.missing {
        true => Ok(()),
        false => refused(
            "NaN in sparse x",
            s.answer_itself(Train::of(&p).with_x(&nan)),
            &["x contains NaN", "column 3"],
        ),
    }
}

/// Whether sparse records are read with the settings under test; the check above says whether they should.
fn reads_sparse(s: &Subject) -> bool {
    let p = Problem::new(90, 6, 13);
    let csr = Csr::from_dense(p.x.view());
    let refused = matches!(s.answer_itself(Train::of(&p).with_x(&csr)), Err(Error::Unsupported { .. }));
    s.capabilities.sparse && !refused
}

pub(super) fn stored_zeros(s: &Subject) -> Outcome {
    if !reads_sparse(s) {
        return Ok(());
    }
    let mut p = Problem::new(90, 6, 13);
    p.x.indexed_iter_mut().filter(|((i, j), _)| *j == 4 || i % 9 == 0).for_each(|(_, v)| *v = 0.0);
    let triplets = p.x.indexed_iter().filter(|((i, _), _)| i % 9 != 0).map(|((i, j), v)| (i, j, *v));
    let csr = ok("triplets", Csr::from_triplets(90, 6, triplets))?;
    let expected = ok("dense", s.answer_itself(Train::of(&p)))?;
    agree("sparse", &expected, &ok("sparse", s.answer_itself(Train::of(&p).with_x(&csr)))?, 1e-5)
}

pub(super) fn sparse_weights(s: &Subject) -> Outcome {
    if !(reads_sparse(s) && s.capabilities.weights) {
        return Ok(());
    }
    let mut p = Problem::new(90, 6, 13);
    p.x.mapv_inplace(|v| if v < 0.0 { 0.0 } else { v });
    let weights = Array1::from_shape_fn(90, |i| (i % 4) as f64 / 2.0);
    let csr = Csr::from_dense(p.x.view());
    let dense = ok("dense", s.answer_itself(Train::of(&p).with_weights(&weights)))?;
    let sparse = ok("sparse", s.answer_itself(Train::of(&p).with_x(&csr).with_weights(&weights)))?;
    agree("weighted sparse records", &dense, &sparse, 1e-5)
}
