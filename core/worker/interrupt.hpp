// Ctrl-C and SIGTERM as something that loops can wait for.
#pragma once

namespace bitgate::worker {

/// From now on SIGINT and SIGTERM ask the run to end, and a second one ends the process at once; a
/// closed pipe is an error of whoever writes to it and not the end.
void catch_interrupts();

/// Whether the run was asked to end.
bool interrupted();

/// A descriptor that becomes readable then; -1 before catch_interrupts.
int interrupt_fd();

/// Thrown by calls that an interrupt ended.
class Interrupted {};

}  // namespace bitgate::worker
