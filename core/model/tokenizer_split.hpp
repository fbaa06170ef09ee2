// The pre-tokenizer llama-bpe: no token reaches over the edges of the pieces that it makes.
#pragma once

#include <functional>
#include <string_view>

namespace bitgate::model {

/// Calls on_piece for the pieces of a text in order; together they are the text. Cuts as Llama 3's
/// regular expression does, alternatives tried in this order, all greedy:
///
///   (?i:'s|'t|'re|'ve|'m|'ll|'d)      with U+017F for an s, which is what (?i:) means in Unicode
///   [^\r\n\p{L}\p{N}]?\p{L}+
///   \p{N}{1,3}
///    ?[^\s\p{L}\p{N}]+[\r\n]*
///   \s*[\r\n]+
///   \s+(?!\S)
///   \s+
///
/// A byte that is no UTF-8 counts as one character that is neither letter, number nor space.
void split_llama_bpe(std::string_view text,
                     const std::function<void(std::string_view piece)>& on_piece);

}  // namespace bitgate::model
