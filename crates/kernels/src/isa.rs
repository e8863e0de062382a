//! What a kernel may know of the instructions that its copy is compiled for.

/// A set of instructions.
pub(crate) trait Isa {
    /// Whether a fused multiply-add is one instruction.
    const FMA: bool;
    /// Eight `f64` side by side.
    type Vector: Vector;
    /// Sums of eight that fit the registers, with room for the operands.
    const SUMS: usize;
}

/// Eight `f64` side by side.
pub(crate) trait Vector: Copy {
    /// Eight zeros.
    fn zero() -> Self;
    /// Those values.
    fn load(from: &[f64; 8]) -> Self;
    /// Those values, widened.
    fn widen(from: &[f32; 8]) -> Self;
    /// The same value eight times.
    fn splat(value: f64) -> Self;
    /// To memory.
    fn store(self, to: &mut [f64; 8]);
    /// self + other
    fn add(self, other: Self) -> Self;
    /// self − other
    fn sub(self, other: Self) -> Self;
    /// self + a · b, fused where the instructions allow.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// The larger of each two; of a NaN and another number, `other`.
    fn max(self, other: Self) -> Self;
    /// Without sign.
    fn abs(self) -> Self;
    /// The lanes that are at most those of `bound`, as bits; NaN is not.
    fn at_most(self, bound: Self) -> u8;
    /// In each lane the smaller one; `other` where one is NaN.
    fn min(self, other: Self) -> Self;
    /// In each lane `yes` where self < other, else `no`.
    fn if_less(self, other: Self, yes: Self, no: Self) -> Self;
    /// The sum of the eight: lanes 4 apart first, then 2 apart, then the last two.
    fn sum(self) -> f64;
}

/// Asks for these values to be brought near, without waiting for them.
#[inline]
pub fn prefetch<T>(values: &[T]) {
    lines(values).for_each(prefetch_line);
}

/// The cache lines of a slice.
#[inline(always)]
pub(crate) fn lines<T>(values: &[T]) -> impl Iterator<Item = &[T]> {
    values.chunks((64 / size_of::<T>().max(1)).max(1))
}

/// Asks for one cache line.
#[inline(always)]
pub(crate) fn prefetch_line<T>(line: &[T]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: part of the baseline of x86-64; a hint that neither faults nor changes anything.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(line.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// What every processor of the target can do.
pub(crate) struct Baseline;
impl Isa for Baseline {
    // NEON, the baseline of aarch64, has it.
    const FMA: bool = cfg!(target_arch = "aarch64");
    type Vector = [f64; 8];
    const SUMS: usize = 2;
}
impl Vector for [f64; 8] {
    #[inline(always)]
    fn zero() -> Self {
        [0.0; 8]
    }
    #[inline(always)]
    fn load(from: &[f64; 8]) -> Self {
        *from
    }
    #[inline(always)]
    fn widen(from: &[f32; 8]) -> Self {
        from.map(f64::from)
    }
    #[inline(always)]
    fn splat(value: f64) -> Self {
        [value; 8]
    }
    #[inline(always)]
    fn store(self, to: &mut [f64; 8]) {
        *to = self;
    }
    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        (0..8).for_each(|l| self[l] += other[l]);
        self
    }
    #[inline(always)]
    fn sub(mut self, other: Self) -> Self {
        (0..8).for_each(|l| self[l] -= other[l]);
        self
    }
    #[inline(always)]
    fn add_product(mut self, a: Self, b: Self) -> Self {
        for l in 0..8 {
            self[l] = if Baseline::FMA { a[l].mul_add(b[l], self[l]) } else { a[l] * b[l] + self[l] };
        }
        self
    }
    #[inline(always)]
    fn max(mut self, other: Self) -> Self {
        (0..8).for_each(|l| self[l] = if self[l] > other[l] { self[l] } else { other[l] });
        self
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f64::abs)
    }
    #[inline(always)]
    fn at_most(self, bound: Self) -> u8 {
        (0..8).fold(0, |bits, l| bits | (u8::from(self[l] <= bound[l]) << l))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.if_less(other, self, other)
    }
    #[inline(always)]
    fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
        std::array::from_fn(|l| if self[l] < other[l] { yes[l] } else { no[l] })
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        let [a, b, c, d] = [self[0] + self[4], self[1] + self[5], self[2] + self[6], self[3] + self[7]];
        (a + c) + (b + d)
    }
}

/// Instructions of x86-64 beyond its baseline.
///
/// The vectors are only made inside the copies of `dispatch`, which are called on processors that have the
/// instructions; that is the ground of every SAFETY line here.
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    use super::{Isa, Vector};
    use std::arch::x86_64::*;

    pub(crate) struct Avx2;
    impl Isa for Avx2 {
        const FMA: bool = true;
        type Vector = [__m256d; 2];
        const SUMS: usize = 4;
    }
    impl Vector for [__m256d; 2] {
        #[inline(always)]
        fn zero() -> Self {
            Self::splat(0.0)
        }
        #[inline(always)]
        fn load(from: &[f64; 8]) -> Self {
            // SAFETY: see the module; unaligned loads of the first and the last four of eight values.
            unsafe { [_mm256_loadu_pd(from.as_ptr()), _mm256_loadu_pd(from.as_ptr().add(4))] }
        }
        #[inline(always)]
        fn widen(from: &[f32; 8]) -> Self {
            // SAFETY: see the module; unaligned loads of the first and the last four of eight values.
            unsafe {
                [
                    _mm256_cvtps_pd(_mm_loadu_ps(from.as_ptr())),
                    _mm256_cvtps_pd(_mm_loadu_ps(from.as_ptr().add(4))),
                ]
            }
        }
        #[inline(always)]
        fn splat(value: f64) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_set1_pd(value); 2] }
        }
        #[inline(always)]
        fn store(self, to: &mut [f64; 8]) {
            // SAFETY: see the module; unaligned stores of the first and the last four of eight values.
            unsafe {
                _mm256_storeu_pd(to.as_mut_ptr(), self[0]);
                _mm256_storeu_pd(to.as_mut_ptr().add(4), self[1]);
            }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_add_pd(self[0], other[0]), _mm256_add_pd(self[1], other[1])] }
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_sub_pd(self[0], other[0]), _mm256_sub_pd(self[1], other[1])] }
        }
        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_fmadd_pd(a[0], b[0], self[0]), _mm256_fmadd_pd(a[1], b[1], self[1])] }
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_max_pd(self[0], other[0]), _mm256_max_pd(self[1], other[1])] }
        }
        #[inline(always)]
        fn abs(self) -> Self {
            // SAFETY: see the module.
            unsafe {
                let sign = _mm256_set1_pd(-0.0);
                [_mm256_andnot_pd(sign, self[0]), _mm256_andnot_pd(sign, self[1])]
            }
        }
        #[inline(always)]
        fn at_most(self, bound: Self) -> u8 {
            // SAFETY: see the module; the masks have four bits each.
            unsafe {
                let low = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LE_OQ>(self[0], bound[0]));
                let high = _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LE_OQ>(self[1], bound[1]));
                (low | high << 4) as u8
            }
        }
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { [_mm256_min_pd(self[0], other[0]), _mm256_min_pd(self[1], other[1])] }
        }
        #[inline(always)]
        fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
            // SAFETY: see the module.
            let half = |l: usize| unsafe {
                _mm256_blendv_pd(no[l], yes[l], _mm256_cmp_pd::<_CMP_LT_OQ>(self[l], other[l]))
            };
            [half(0), half(1)]
        }
        #[inline(always)]
        fn sum(self) -> f64 {
            // SAFETY: see the module.
            unsafe {
                let four = _mm256_add_pd(self[0], self[1]);
                let two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd::<1>(four));
                _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
            }
        }
    }

    pub(crate) struct Avx512;
    impl Isa for Avx512 {
        const FMA: bool = true;
        type Vector = __m512d;
        const SUMS: usize = 8;
    }
    impl Vector for __m512d {
        #[inline(always)]
        fn zero() -> Self {
            Self::splat(0.0)
        }
        #[inline(always)]
        fn load(from: &[f64; 8]) -> Self {
            // SAFETY: see the module; an unaligned load of eight values.
            unsafe { _mm512_loadu_pd(from.as_ptr()) }
        }
        #[inline(always)]
        fn widen(from: &[f32; 8]) -> Self {
            // SAFETY: see the module; an unaligned load of eight values.
            unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(from.as_ptr())) }
        }
        #[inline(always)]
        fn splat(value: f64) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_set1_pd(value) }
        }
        #[inline(always)]
        fn store(self, to: &mut [f64; 8]) {
            // SAFETY: see the module; an unaligned store of eight values.
            unsafe { _mm512_storeu_pd(to.as_mut_ptr(), self) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_add_pd(self, other) }
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_sub_pd(self, other) }
        }
        #[inline(always)]
        fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_fmadd_pd(a, b, self) }
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_max_pd(self, other) }
        }
        #[inline(always)]
        fn abs(self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_abs_pd(self) }
        }
        #[inline(always)]
        fn at_most(self, bound: Self) -> u8 {
            // SAFETY: see the module.
            unsafe { _mm512_cmp_pd_mask::<_CMP_LE_OQ>(self, bound) }
        }
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_min_pd(self, other) }
        }
        #[inline(always)]
        fn if_less(self, other: Self, yes: Self, no: Self) -> Self {
            // SAFETY: see the module.
            unsafe { _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(self, other), no, yes) }
        }
        #[inline(always)]
        fn sum(self) -> f64 {
            // SAFETY: see the module.
            unsafe { [_mm512_castpd512_pd256(self), _mm512_extractf64x4_pd::<1>(self)].sum() }
        }
    }
}
