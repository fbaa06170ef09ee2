// What a plugin can do wrong inside one call, each as a function.
#pragma once

namespace zoo {

[[noreturn]] void segfault();
[[noreturn]] void abort_loudly();
[[noreturn]] void exit_quietly();
[[noreturn]] void throw_words();
[[noreturn]] void throw_number();
/// Deaf to every signal that can be refused.
[[noreturn]] void hang();
/// A child that holds everything this process has open, and a crash.
[[noreturn]] void leave_child_and_crash();
[[noreturn]] void eat_memory();
/// 64 MiB more at each call.
void leak();
[[noreturn]] void print_without_end();
void print_a_line();
/// A thread that nobody joins.
void start_thread();
/// UNSUPPORTED and UNAVAILABLE, long after both could have been said.
[[noreturn]] void refuse_as_unsupported();
[[noreturn]] void refuse_as_unavailable();

/// TRANSIENT each time, or only the first time that anyone asks in this TMPDIR.
[[noreturn]] void refuse_for_now();
void refuse_once();

// On the socket to the host, which is none of a plugin's business.
[[noreturn]] void send_garbage();
[[noreturn]] void send_wrong_answer();
[[noreturn]] void announce_huge_frame();
[[noreturn]] void fill_largest_frame();
[[noreturn]] void hang_up();

}  // namespace zoo
