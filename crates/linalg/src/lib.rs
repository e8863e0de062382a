//! Linear algebra of Estimand: dense factorisations, Gram matrices, sparse products
