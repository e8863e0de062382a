//! Support vector machines and the kernels they share.
//!
//! | page | what it holds |
//! |---|---|
//! | [`kernel`] | [`Kernel`] functions, and blocks of their values |
//! | [`svc`] | [`Svc`], [`NuSvc`]: classification |
//! | [`svr`] | [`Svr`], [`NuSvr`]: regression |
//! | [`one_class`] | [`OneClassSvm`]: which records are like those seen |
//! | [`linear`] | [`LinearSvc`], [`LinearSvr`]: many rows, no kernel |
//! | [`kernel_ridge`] | [`KernelRidge`]: least squares with a kernel |
//! | [`approximation`] | [`Nystroem`], [`RbfSampler`] and others: kernels as features for linear models |
//! | [`pairwise`] | matrices of kernel values |
//! | [`expansion`] | what kernel machines fit: sums of kernels at support vectors |
//!
//! A kernel machine's answer is a sum over support vectors, Σ aᵥ K(x, xᵥ) + b. Fitting solves a quadratic programme by
//! sequential minimal optimisation; memory is a cache of kernel rows whose size is a setting, and O(n): never n × n.

pub mod approximation;
pub mod expansion;
pub mod kernel;
pub mod kernel_ridge;
pub mod linear;
pub mod one_class;
pub mod pairwise;
mod smo;
pub mod svc;
pub mod svr;
#[cfg(test)]
mod testing;
mod training;

pub use approximation::{
    AdditiveChi2Sampler, AdditiveChi2SamplerModel, Nystroem, NystroemModel, PolynomialCountSketch,
    PolynomialCountSketchModel, RbfSampler, RbfSamplerModel, SkewedChi2Sampler, SkewedChi2SamplerModel,
};
pub use expansion::Expansion;
pub use kernel::{CustomKernel, Gamma, Kernel};
pub use kernel_ridge::{KernelRidge, KernelRidgeModel, MultiKernelRidgeModel};
pub use linear::{
    LinearSvc, LinearSvcLoss, LinearSvcModel, LinearSvcPenalty, LinearSvr, LinearSvrLoss, LinearSvrModel,
};
pub use one_class::{OneClassModel, OneClassSvm};
pub use svc::{NuSvc, Svc, SvcModel};
pub use svr::{NuSvr, Svr, SvrModel};
