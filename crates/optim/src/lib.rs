//! Optimisers of Estimand: L-BFGS, Newton-Cholesky, line searches
