// What there is without a token: the program gh, if it is signed in, and the notes of git.
#pragma once

#include <string>

namespace github {

/// The token with which the program gh signs in to the server of this API; empty if there is no gh
/// or it is not signed in there. It comes through a pipe: no argument and no file holds it.
std::string token_of_gh(const std::string& address);

/// Where note_on keeps a gate's notes: "bitgate/generative/gate/benchmarks".
std::string notes_ref(const std::string& gate);

/// Makes `text` the gate's note on a commit of the repository in which bitgate runs, in place of
/// one that is there. Empty if that is done, else why not.
std::string note_on(const std::string& commit, const std::string& gate, const std::string& text);

}  // namespace github
