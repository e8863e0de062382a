//! Vector kernels of Estimand: run-time dispatched SIMD with readable slow twins
