//! Elementary functions over slices.

use crate::{isa::Isa, math::Real};

#[inline(always)]
pub(crate) fn exp<T: Real, I: Isa>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = v.exp_::<I>());
}

#[inline(always)]
pub(crate) fn ln<T: Real, I: Isa>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = v.ln_::<I>());
}

#[inline(always)]
pub(crate) fn sigmoid<T: Real, I: Isa>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = v.sigmoid_from(v.exp_neg_abs::<I>()));
}

#[inline(always)]
pub(crate) fn log1p_exp<T: Real, I: Isa>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = v.positive_part() + v.exp_neg_abs::<I>().ln_1p_unit::<I>());
}

#[inline(always)]
pub(crate) fn tanh<T: Real, I: Isa>(x: &mut [T]) {
    x.iter_mut().for_each(|v| *v = v.tanh_::<I>());
}
