// The sessions of opencl, apart from sessions.cpp: both backends have headers of the same names.
#pragma once

#include "sessions.hpp"

/// None if there is no driver.
std::vector<Stand> opencl_stands();
