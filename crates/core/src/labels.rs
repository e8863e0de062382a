//! Class labels: any ordered type, and its encoding as class codes.

use crate::{Error, Result};
use ndarray::{Array1, ArrayView1};
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

/// A class label: any ordered type that can be printed. Floats are not: a class is not a measurement.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a class label",
    note = "labels are ordered types such as usize, i32, bool, char, &'static str or String; for a float target use a regressor"
)]
pub trait Label: Clone + Ord + Debug + Display + Send + Sync + 'static {
    /// The type's name in model files.
    const NAME: &'static str;

    /// A whole number in the place of the label, in the same order, where there is one. It makes
    /// encoding a look-up in a table.
    #[inline]
    fn ordinal(&self) -> Option<i64> {
        None
    }
}
macro_rules! label {
    ($($t:ty = $name:literal $(: |$label:ident| $ordinal:expr)?),* $(,)?) => {$(
        impl Label for $t {
            const NAME: &'static str = $name;
            $(
                #[inline]
                fn ordinal(&self) -> Option<i64> {
                    let $label = *self;
                    $ordinal
                }
            )?
        }
    )*};
}
label!(
    usize = "usize": |l| i64::try_from(l).ok(),
    u8 = "u8": |l| Some(l.into()),
    u16 = "u16": |l| Some(l.into()),
    u32 = "u32": |l| Some(l.into()),
    u64 = "u64": |l| i64::try_from(l).ok(),
    isize = "isize": |l| i64::try_from(l).ok(),
    i8 = "i8": |l| Some(l.into()),
    i16 = "i16": |l| Some(l.into()),
    i32 = "i32": |l| Some(l.into()),
    i64 = "i64": |l| Some(l),
    bool = "bool": |l| Some(l.into()),
    char = "char": |l| Some(u32::from(l).into()),
    String = "String",
    &'static str = "String",
);

/// Sorted distinct labels, and the code of each row.
pub fn encode<L: Label>(labels: ArrayView1<'_, L>) -> (Vec<L>, Array1<u32>) {
    let (classes, [codes]) = encode_all([labels]);
    (classes, codes)
}

/// Sorted distinct labels of several arrays together, and the codes of each array.
pub fn encode_all<L: Label, const N: usize>(arrays: [ArrayView1<'_, L>; N]) -> (Vec<L>, [Array1<u32>; N]) {
    encode_by_table(&arrays).unwrap_or_else(|| encode_by_order(&arrays))
}

/// The code of each row where the classes, sorted, are known.
///
/// # Errors
/// [`Error::UnknownLabel`] of the first label that is none of them.
pub fn encode_known<L: Label>(labels: ArrayView1<'_, L>, classes: &[L]) -> Result<Array1<u32>> {
    let unknown = |label: &L| Error::UnknownLabel {
        label: label.to_string(),
        known: classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let code = |label| classes.binary_search(label).map(|code| code as u32).map_err(|_| unknown(label));
    labels.iter().map(code).collect()
}

/// Labels with ordinals in a narrow range: one pass for the range, one for the distinct labels, one for
/// the codes, without a comparison of labels.
fn encode_by_table<L: Label, const N: usize>(
    arrays: &[ArrayView1<'_, L>; N],
) -> Option<(Vec<L>, [Array1<u32>; N])> {
    const UNSEEN: u32 = u32::MAX;
    let (mut low, mut high, mut rows) = (i64::MAX, i64::MIN, 0);
    for labels in arrays {
        for label in labels {
            let ordinal = label.ordinal()?;
            low = low.min(ordinal);
            high = high.max(ordinal);
        }
        rows += labels.len();
    }
    let width = usize::try_from(high.checked_sub(low)?).ok()?;
    if width > 4096 + rows {
        return None;
    }
    let place = |label: &L| label.ordinal().map_or(0, |ordinal| (ordinal - low) as usize);
    let mut table = vec![UNSEEN; width + 1];
    let mut classes: Vec<L> = Vec::new();
    for label in arrays.iter().flatten() {
        let seen = &mut table[place(label)];
        if *seen == UNSEEN {
            *seen = 0;
            classes.push(label.clone());
        }
    }
    classes.sort_unstable();
    classes.iter().enumerate().for_each(|(code, label)| table[place(label)] = code as u32);
    Some((classes, std::array::from_fn(|a| arrays[a].iter().map(|label| table[place(label)]).collect())))
}

/// Any labels: codes by first appearance in one pass, then renumbered in sorted order.
fn encode_by_order<L: Label, const N: usize>(arrays: &[ArrayView1<'_, L>; N]) -> (Vec<L>, [Array1<u32>; N]) {
    let mut seen: BTreeMap<&L, u32> = BTreeMap::new();
    let mut last: Option<(&L, u32)> = None;
    let mut code_of = |label| {
        let code = match last {
            Some((l, c)) if l == label => c,
            _ => {
                let next = seen.len() as u32;
                *seen.entry(label).or_insert(next)
            }
        };
        last = Some((label, code));
        code
    };
    let mut codes: [Array1<u32>; N] = std::array::from_fn(|a| arrays[a].iter().map(&mut code_of).collect());
    let mut rank = vec![0; seen.len()];
    for (sorted, first) in seen.values().enumerate() {
        rank[*first as usize] = sorted as u32;
    }
    codes.iter_mut().for_each(|codes| codes.mapv_inplace(|c| rank[c as usize]));
    (seen.keys().map(|l| (*l).clone()).collect(), codes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_of_encoding_agree(
            a in prop::collection::vec(-30_i32..30, 0..60),
            b in prop::collection::vec(-30_i32..30, 0..60),
            far in any::<bool>(),
        ) {
            let spread = |v: Vec<i32>| Array1::from(v).mapv(|l| if far { l * 1000 } else { l });
            let (a, b) = (spread(a), spread(b));
            let expected = encode_by_order(&[a.view(), b.view()]);
            prop_assert_eq!(&encode_all([a.view(), b.view()]), &expected);
            let (classes, [codes, _]) = expected;
            prop_assert!(classes.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(a.iter().zip(&codes).all(|(label, code)| *label == classes[*code as usize]));
            let names = a.mapv(|l| l.to_string());
            let (classes, codes) = encode(names.view());
            prop_assert!(names.iter().zip(&codes).all(|(label, code)| *label == classes[*code as usize]));
        }
    }

    #[test]
    fn extreme_labels_are_encoded() {
        let labels = ndarray::array![u64::MAX, 0, u64::MAX];
        assert_eq!(encode(labels.view()), (vec![0, u64::MAX], ndarray::array![1, 0, 1]));
        let labels = ndarray::array![i64::MAX, i64::MIN];
        assert_eq!(encode(labels.view()), (vec![i64::MIN, i64::MAX], ndarray::array![1, 0]));
    }
}
