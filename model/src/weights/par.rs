//! Loops over tiles and tensors: on all cores with the feature `parallel`, else in order. The result, also which error
//! is reported, is the same.

#[cfg(feature = "parallel")]
use rayon::prelude::*;

/// `f` of every item, in order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "parallel")]
    return items.par_iter().map(f).collect();
    #[cfg(not(feature = "parallel"))]
    return items.iter().map(f).collect();
}

/// `f` of every number below `n`, in order.
pub(super) fn map_range<R: Send>(n: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "parallel")]
    return (0..n).into_par_iter().map(f).collect();
    #[cfg(not(feature = "parallel"))]
    return (0..n).map(f).collect();
}

/// `f` of every chunk of `a` (`size` elements each) and its number.
pub(super) fn for_chunks<A: Send>(a: &mut [A], size: usize, f: impl Fn(usize, &mut [A]) + Sync + Send) {
    #[cfg(feature = "parallel")]
    a.par_chunks_mut(size).enumerate().for_each(|(i, a)| f(i, a));
    #[cfg(not(feature = "parallel"))]
    a.chunks_mut(size).enumerate().for_each(|(i, a)| f(i, a));
}

/// `f` of every pair of chunks of `a` and `b` and their number; the first error in order.
pub(super) fn zip_chunks<A: Send, B: Send, E: Send>(
    (a, a_size): (&mut [A], usize),
    (b, b_size): (&mut [B], usize),
    f: impl Fn(usize, &mut [A], &mut [B]) -> Result<(), E> + Sync + Send,
) -> Result<(), E> {
    #[cfg(feature = "parallel")]
    let first = a
        .par_chunks_mut(a_size)
        .zip(b.par_chunks_mut(b_size))
        .enumerate()
        .map(|(i, (a, b))| f(i, a, b))
        .find_first(Result::is_err);
    #[cfg(not(feature = "parallel"))]
    let first =
        a.chunks_mut(a_size).zip(b.chunks_mut(b_size)).enumerate().map(|(i, (a, b))| f(i, a, b)).find(Result::is_err);
    first.unwrap_or(Ok(()))
}
