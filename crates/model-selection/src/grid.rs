//! The `grid!` macro.

/// Candidates for a search: settings with every combination of the given values, the first parameter
/// varying slowest.
///
/// Each name is a setter of the settings, so that a misspelt one, or a value of another type, does not
/// compile. In a pipeline `first.` and `last.` lead to a step; values come as a list or as anything that can be
/// iterated over.
///
/// ```
/// use estimand_model_selection::grid;
///
/// # estimand_core::params! {
/// #     /// Settings.
/// #     pub struct Forest {
/// #         /// Number of trees.
/// #         n_trees: usize = 100;
/// #         /// Largest depth.
/// #         max_depth: Option<usize> = None;
/// #     }
/// #     accepts: ;
/// # }
/// let candidates = grid!(Forest::new(), n_trees: [100, 300], max_depth: [None, Some(8)]);
/// assert_eq!(candidates.len(), 4);
/// assert_eq!(candidates[1], Forest::new().n_trees(100).max_depth(Some(8)));
/// ```
///
/// ```text
/// grid!(StandardScaler::new().then(Ridge::new()), last.alpha: [0.1, 1.0], first.with_mean: [true, false])
/// grid!(Ridge::new(), alpha: (-3..=3).map(|e| 10_f64.powi(e)))
/// ```
#[macro_export]
macro_rules! grid {
    (@grow $candidates:ident;) => {};
    (@grow $candidates:ident; $($path:ident).+ : [$($value:expr),+ $(,)?] $(, $($more:tt)*)?) => {
        let $candidates: ::std::vec::Vec<_> =
            $candidates.iter().flat_map(|settings| $crate::grid!(@each settings [$($path).+] $($value),+)).collect();
        $crate::grid!(@grow $candidates; $($($more)*)?);
    };
    (@grow $candidates:ident; $($path:ident).+ : $values:expr $(, $($more:tt)*)?) => {
        let values: ::std::vec::Vec<_> = ::std::iter::IntoIterator::into_iter($values).collect();
        let $candidates: ::std::vec::Vec<_> = $candidates
            .iter()
            .flat_map(|settings| values.iter().cloned().map(move |value| (settings, value)))
            .map(|(settings, value)| $crate::grid!(@set ::std::clone::Clone::clone(settings), value, [$($path).+]))
            .collect();
        $crate::grid!(@grow $candidates; $($($more)*)?);
    };
    (@each $settings:ident $path:tt $($value:expr),+) => {
        [$( $crate::grid!(@set ::std::clone::Clone::clone($settings), $value, $path) ),+]
    };
    (@set $settings:expr, $value:expr, [first . $($path:ident).+]) => {
        $settings.map_first(|step| $crate::grid!(@set step, $value, [$($path).+]))
    };
    (@set $settings:expr, $value:expr, [last . $($path:ident).+]) => {
        $settings.map_last(|step| $crate::grid!(@set step, $value, [$($path).+]))
    };
    (@set $settings:expr, $value:expr, [$name:ident]) => {
        $settings.$name($value)
    };
    ($base:expr $(, $($parameters:tt)*)?) => {{
        let candidates = ::std::vec![$base];
        $crate::grid!(@grow candidates; $($($parameters)*)?);
        candidates
    }};
}
