//! One implementation, two faces: without sample weights, and in `weighted` with them.

/// Writes both faces of functions whose implementation takes `Option<&ArrayRef1<W>>` as its last argument:
/// `fn name<…>(arguments) -> Output = implementation;`. The module that calls it has a submodule `weighted` then.
macro_rules! faces {
    ($(
        $(#[$meta:meta])*
        fn $name:ident<$($g:ident : $bound:ident),+>( $($arg:ident : $type:ty),+ $(,)? ) -> $out:ty = $implementation:path;
    )+) => {
        $(
            $(#[$meta])*
            pub fn $name<$($g: $bound),+>($($arg: $type),+) -> estimand_core::Result<$out> {
                $implementation($($arg,)+ None::<&ndarray::ArrayRef1<f64>>)
            }
        )+

        pub(crate) mod weighted {
            use super::*;
            $(
                #[doc = concat!("[`", stringify!($name), "`](fn@crate::", stringify!($name), ") with sample weights.")]
                pub fn $name<$($g: $bound,)+ W: estimand_core::Float>(
                    $($arg: $type,)+
                    weights: &ndarray::ArrayRef1<W>,
                ) -> estimand_core::Result<$out> {
                    $implementation($($arg,)+ Some(weights))
                }
            )+
        }
    };
}
pub(crate) use faces;
