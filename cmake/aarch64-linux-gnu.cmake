# Toolchain of 64-bit ARM with the cross compiler of Debian and Ubuntu (g++-aarch64-linux-gnu).
# Programs run in an emulator; it looks for libraries where QEMU_LD_PREFIX says.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
find_program(BITGATE_EMULATOR NAMES qemu-aarch64-static qemu-aarch64)
if(BITGATE_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${BITGATE_EMULATOR})
endif()
