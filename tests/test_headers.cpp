// Nothing: the headers that the tests of a folder share are precompiled for this source (tests/CMakeLists.txt).
