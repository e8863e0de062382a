//! The scalar of all numeric code: `f32` or `f64`, nothing else.

use ndarray::{ArrayView2, ArrayViewMut2, NdFloat};
use num_traits::FromPrimitive;
use serde::{Serialize, de::DeserializeOwned};
use std::iter::Sum;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`. Data decide which: settings never carry a type parameter.
///
/// Generic code needs no further bounds. Code that exists once per type (vector kernels, the dense
/// algebra backend) recovers the concrete type through [`Float::typed`] and its siblings.
pub trait Float:
    sealed::Sealed
    + num_traits::Float
    + FromPrimitive
    + NdFloat
    + Default
    + Sum
    + Serialize
    + DeserializeOwned
    + 'static
{
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The nearest value to `x`.
    fn of(x: f64) -> Self;

    /// This value as `f64`, without loss.
    fn f64(self) -> f64;

    /// The slice with its concrete type.
    fn typed(x: &[Self]) -> Typed<&[f32], &[f64]>;

    /// The mutable slice with its concrete type.
    fn typed_mut(x: &mut [Self]) -> Typed<&mut [f32], &mut [f64]>;

    /// The view with its concrete type.
    fn typed_view(x: ArrayView2<'_, Self>) -> Typed<ArrayView2<'_, f32>, ArrayView2<'_, f64>>;

    /// The mutable view with its concrete type.
    fn typed_view_mut(x: ArrayViewMut2<'_, Self>) -> Typed<ArrayViewMut2<'_, f32>, ArrayViewMut2<'_, f64>>;
}

/// One of two things, by scalar type.
#[derive(Clone, Copy, Debug)]
pub enum Typed<A, B> {
    /// The `f32` form.
    F32(A),
    /// The `f64` form.
    F64(B),
}

macro_rules! float {
    ($t:ident, $variant:ident) => {
        impl Float for $t {
            const NAME: &'static str = stringify!($t);

            #[inline]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline]
            fn f64(self) -> f64 {
                f64::from(self)
            }
            #[inline]
            fn typed(x: &[Self]) -> Typed<&[f32], &[f64]> {
                Typed::$variant(x)
            }
            #[inline]
            fn typed_mut(x: &mut [Self]) -> Typed<&mut [f32], &mut [f64]> {
                Typed::$variant(x)
            }
            #[inline]
            fn typed_view(x: ArrayView2<'_, Self>) -> Typed<ArrayView2<'_, f32>, ArrayView2<'_, f64>> {
                Typed::$variant(x)
            }
            #[inline]
            fn typed_view_mut(
                x: ArrayViewMut2<'_, Self>,
            ) -> Typed<ArrayViewMut2<'_, f32>, ArrayViewMut2<'_, f64>> {
                Typed::$variant(x)
            }
        }
    };
}
float!(f32, F32);
float!(f64, F64);
