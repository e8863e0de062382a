//! Which words give a review away? Word counts as a sparse matrix, logistic regression with two kinds of penalty.
//!
//! `cargo run --release --example text_with_logistic`
//!
//! The corpus is made here: 3 000 short restaurant reviews, happy or not, with the words of both moods mixed in
//! everywhere and one label in twenty wrong. Real texts go the same way: count words, collect triplets, fit.

use estimand::linear::{LogisticRegressionCv, LogisticScoring};
use estimand::prelude::*;
use std::collections::BTreeMap;

const REVIEWS: usize = 3_000;
const WORDS_IN_A_REVIEW: usize = 14;

const HAPPY: &str =
    "delicious friendly cosy perfect fresh crispy generous charming tender warm lovely superb";
const UNHAPPY: &str = "cold rude bland greasy slow burnt dirty overpriced stale noisy salty disappointing";
const NEUTRAL: &str = "the and we a of with was our table waiter menu soup pasta fish bread wine dessert evening \
    lunch kitchen street city friends family week bill chair window music plate glass spoon order reservation \
    tuesday sunday garden corner starter main coffee tea salad rice chicken sauce cheese lemon garlic butter";
/// Words that nobody else uses: a count of one or two each, which tempts a model to learn reviews by heart.
const RARE: usize = 2_000;

fn main() -> Result<()> {
    let (texts, moods) = reviews();
    println!("{REVIEWS} reviews, for example:");
    for i in [0, 1] {
        println!("  {:8} {}", moods[i], texts[i]);
    }

    // Every word gets a column; a review is a row of counts, nearly all of them 0.
    let mut vocabulary = BTreeMap::new();
    for word in texts.iter().flat_map(|text| text.split(' ')) {
        let next = vocabulary.len();
        vocabulary.entry(word).or_insert(next);
    }
    let triplets = texts.iter().enumerate().flat_map(|(i, text)| {
        let vocabulary = &vocabulary;
        text.split(' ').map(move |word| (i, vocabulary[word], 1.0))
    });
    let x = Csr::from_triplets(texts.len(), vocabulary.len(), triplets)?;
    let mut words = vec![""; vocabulary.len()];
    vocabulary.iter().for_each(|(word, column)| words[*column] = word);
    let stored = x.view().nnz();
    let share = stored as f64 / (x.view().nrows() * words.len()) as f64;
    println!("\n{} words; {stored} counts stored, {:.1} % of the matrix\n", words.len(), 100.0 * share);

    let data: Dataset<f64, _, _> = Dataset::new(x, Array1::from(moods));
    let (train, test) = data.split_stratified(0.25, 42)?;

    for (name, settings) in [
        ("L2: every word counts a little", LogisticRegression::new().c(1.0)),
        ("L1: few words count at all", LogisticRegression::new().c(1.0).l1_ratio(1.0)),
    ] {
        let model = settings.fit(&train)?;
        let used = model.coef().iter().filter(|w| **w != 0.0).count();
        println!("{name}");
        println!("  {used} of {} words used", words.len());
        println!(
            "  right on {:.1} % of the reviews it learnt from",
            100.0 * accuracy(&train.y, &model.predict(&train)?)?
        );
        println!(
            "  right on {:.1} % of {} others",
            100.0 * accuracy(&test.y, &model.predict(&test)?)?,
            test.nrows()
        );
        println!("  {}\n", model.report().to_string().replace('\n', "\n  "));
    }

    // How strong the penalty should be, and of which kind, is for the data to say.
    let search = LogisticRegressionCv::new()
        .cs([0.03, 0.1, 0.3, 1.0])
        .l1_ratios([0.0, 0.5, 1.0])
        .scoring(LogisticScoring::LogLoss);
    let model = search.fit(&train)?;
    println!("{:.3}", model.search());
    println!(
        "right on {:.1} % of the reviews held out\n",
        100.0 * accuracy(&test.y, &model.predict(&test)?)?
    );

    let mut ranked: Vec<(f64, &str)> = model.coef().iter().copied().zip(words.iter().copied()).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!("most telling words");
    println!("  {:<28}{}", model.classes()[0], model.classes()[1]);
    for ((low, first), (high, last)) in ranked.iter().zip(ranked.iter().rev()).take(10) {
        println!("  {first:<14}{low:>7.2}       {last:<14}{high:>7.2}");
    }

    println!("\nwhat it thinks of new ones");
    for text in ["the soup was cold and our waiter rude", "a warm evening with fresh fish", "we order coffee"]
    {
        let counts = text.split(' ').filter_map(|word| Some((0, *vocabulary.get(word)?, 1.0)));
        let row = Csr::from_triplets(1, words.len(), counts)?;
        let happy = model.predict_proba(&row)?[[0, 0]];
        println!("  {text:<42} {:3.0} % happy", 100.0 * happy);
    }
    Ok(())
}

/// Texts and their moods: a happy guest finds twice as many happy words as an unhappy one does.
fn reviews() -> (Vec<String>, Vec<&'static str>) {
    let [happy, unhappy, neutral] =
        [HAPPY, UNHAPPY, NEUTRAL].map(|words| words.split_whitespace().collect::<Vec<_>>());
    let rare: Vec<String> = (0..RARE).map(|i| format!("dish{i}")).collect();
    let mut dice = Dice(7);
    let mut texts = Vec::new();
    let mut moods = Vec::new();
    for _ in 0..REVIEWS {
        let is_happy = dice.below(2) == 0;
        let words: Vec<&str> = (0..WORDS_IN_A_REVIEW)
            .map(|_| match dice.below(20) {
                0..3 if is_happy => happy[dice.below(happy.len())],
                0..3 => unhappy[dice.below(unhappy.len())],
                3 => happy[dice.below(happy.len())],
                4 => unhappy[dice.below(unhappy.len())],
                5 => rare[dice.below(RARE)].as_str(),
                _ => neutral[dice.below(neutral.len())],
            })
            .collect();
        texts.push(words.join(" "));
        let wrong = dice.below(20) == 0;
        moods.push(if is_happy != wrong { "happy" } else { "unhappy" });
    }
    (texts, moods)
}

/// Numbers that look drawn at random, the same in every run.
struct Dice(u64);
impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}
