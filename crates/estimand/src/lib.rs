//! Classical machine learning for Rust: scikit-learn's breadth, a compiled library's speed, types that catch mistakes
