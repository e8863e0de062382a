//! Deterministic data parallelism on the ambient rayon pool.
//!
//! Work is cut into chunks whose bounds depend on the amount of work alone, never on the number of
//! threads; partial results are kept and combined in the order of the chunks. The same program
//! therefore gives the same bits on 1, 2 or 7 threads. Work that fits one chunk stays on the calling
//! thread and never touches the pool. This crate is the only one that imports rayon; limit its threads
//! with `rayon::ThreadPool::install` or the environment variable `RAYON_NUM_THREADS`.

use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Work of one chunk, in elementary operations, that makes it worth another thread: about 100 µs.
const WORTHWHILE: usize = 200_000;

/// Items per chunk when each item costs about `cost` elementary operations (a multiply-add, a load).
/// Between 1 and `n`; depends on its arguments only.
pub fn chunk_len(n: usize, cost: usize) -> usize {
    (WORTHWHILE / cost.max(1)).clamp(1, n.max(1))
}

/// Items per chunk for a reduction whose partial results are large: as [`chunk_len`], but at most
/// `parts` chunks.
pub fn chunk_len_at_most(n: usize, cost: usize, parts: usize) -> usize {
    chunk_len(n, cost).max(n.div_ceil(parts.max(1)))
}

/// The number of threads that the pool would use.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

fn bounds(n: usize, chunk: usize) -> impl Fn(usize) -> Range<usize> {
    let chunk = chunk.max(1);
    move |k| k * chunk..((k + 1) * chunk).min(n)
}

/// Calls `f` on each of `0..n`, in parts of at most `at_most`. The pool's machinery is compiled for this function alone, and not
/// for every closure in the workspace: a call through a pointer is nothing beside what an item costs.
fn for_each(n: usize, at_most: usize, f: &(dyn Fn(usize) + Sync)) {
    (0..n).into_par_iter().with_max_len(at_most).for_each(f);
}

/// `f` of each of `0..n`, in order, by [`for_each`].
fn collect<T: Send>(n: usize, at_most: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let found: Vec<Mutex<Option<T>>> = (0..n).map(|_| Mutex::new(None)).collect();
    for_each(n, at_most, &|k| {
        let value = f(k);
        *found[k].lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    });
    found.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// `f` of each chunk of `0..n`, in order.
pub fn map_chunks<T: Send>(n: usize, chunk: usize, f: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let bounds = bounds(n, chunk);
    match n.div_ceil(chunk.max(1)) {
        0 => Vec::new(),
        1 => vec![f(0..n)],
        count => collect(count, count, |k| f(bounds(k))),
    }
}

/// `f` of each of `0..n`, in order; for items that are worth a thread each.
pub fn map<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    match n {
        0 | 1 => (0..n).map(f).collect(),
        _ => collect(n, 1, f),
    }
}

/// Like [`map`], for work that can fail: the error of the lowest index, whichever thread met one first.
pub fn try_map<T: Send, E: Send>(n: usize, f: impl Fn(usize) -> Result<T, E> + Sync) -> Result<Vec<T>, E> {
    map(n, f).into_iter().collect()
}

/// Folds the results of all chunks into the first, in order; `None` when `n` is 0.
pub fn reduce<T: Send>(
    n: usize,
    chunk: usize,
    f: impl Fn(Range<usize>) -> T + Sync,
    combine: impl FnMut(T, T) -> T,
) -> Option<T> {
    map_chunks(n, chunk, f).into_iter().reduce(combine)
}

/// Calls `f(first item, items)` on each chunk of a slice.
pub fn for_each_chunk_mut<T: Send>(items: &mut [T], chunk: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    let chunk = chunk.max(1);
    if items.len() <= chunk {
        if !items.is_empty() {
            f(0, items);
        }
        return;
    }
    let parts: Vec<Mutex<&mut [T]>> = items.chunks_mut(chunk).map(Mutex::new).collect();
    for_each(parts.len(), parts.len(), &|k| {
        f(k * chunk, &mut parts[k].lock().unwrap_or_else(PoisonError::into_inner))
    });
}

/// Calls `f(first row, rows of out)` on blocks of `chunk` rows of a row-major slice with `width`
/// columns, and gathers what `f` returns, in order.
pub fn map_rows_mut<T: Send, R: Send>(
    out: &mut [T],
    width: usize,
    chunk: usize,
    f: impl Fn(usize, &mut [T]) -> R + Sync,
) -> Vec<R> {
    let (chunk, width) = (chunk.max(1), width.max(1));
    if out.len() <= chunk * width {
        return if out.is_empty() { Vec::new() } else { vec![f(0, out)] };
    }
    let parts: Vec<Mutex<&mut [T]>> = out.chunks_mut(chunk * width).map(Mutex::new).collect();
    collect(parts.len(), parts.len(), |k| {
        f(k * chunk, &mut parts[k].lock().unwrap_or_else(PoisonError::into_inner))
    })
}

/// Fewest items whose sorting is worth a second thread.
const SORT_TOGETHER: usize = 50_000;

/// Sorts by key. Items whose keys are equal come in any order: for the same bits on any number of threads they must be
/// interchangeable.
pub fn sort_unstable_by_key<T: Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Sync) {
    if threads() == 1 || items.len() < SORT_TOGETHER {
        items.sort_unstable_by_key(key);
    } else {
        items.par_sort_unstable_by_key(key);
    }
}

/// Runs both, on two threads if there are.
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(a, b)
}

/// Runs `f` inside the pool, so that many small parallel steps in it do not pay for entering each.
pub fn inside<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    if rayon::current_thread_index().is_some() { f() } else { rayon::scope(|_| f()) }
}

/// Runs `f` on a pool of `threads` threads: for tests that compare thread counts.
///
/// # Errors
/// The operating system's, when it refuses the threads.
pub fn with_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> Result<T, String> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map(|pool| pool.install(f))
        .map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_everything_once_and_in_order() {
        for n in [0, 1, 7, 64, 1000] {
            for chunk in [1, 3, 64, 5000] {
                let all: Vec<usize> = map_chunks(n, chunk, |r| r.collect::<Vec<_>>()).concat();
                assert_eq!(all, (0..n).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn sums_have_the_same_bits_for_any_number_of_threads() {
        let x: Vec<f64> = (0..100_000).map(|i| (i as f64).sin() * 1e3).collect();
        let sum = || reduce(x.len(), 1024, |r| x[r].iter().sum::<f64>(), |a, b| a + b).map(f64::to_bits);
        let once = with_threads(1, sum).unwrap();
        for threads in [2, 7] {
            assert_eq!(with_threads(threads, sum).unwrap(), once);
        }
    }

    #[test]
    fn rows_and_slices_are_written_in_place() {
        let mut x = vec![0; 10];
        for_each_chunk_mut(&mut x, 3, |first, part| {
            part.iter_mut().enumerate().for_each(|(i, v)| *v = first + i)
        });
        assert_eq!(x, (0..10).collect::<Vec<_>>());
        let firsts = map_rows_mut(&mut x, 2, 2, |row, part| (row, part.len()));
        assert_eq!(firsts, [(0, 4), (2, 4), (4, 2)]);
    }

    #[test]
    fn sorting_is_sorting() {
        let items: Vec<u64> = (0..60_000_u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).collect();
        let mut expected = items.clone();
        expected.sort();
        for threads in [1, 3] {
            let mut sorted = items.clone();
            with_threads(threads, || sort_unstable_by_key(&mut sorted, |i| *i)).unwrap();
            assert_eq!(sorted, expected);
        }
    }

    #[test]
    fn the_first_error_wins() {
        let outcome = try_map(100, |i| if i % 30 == 29 { Err(i) } else { Ok(i) });
        assert_eq!(outcome, Err(29));
    }
}
