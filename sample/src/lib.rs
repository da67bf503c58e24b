//! Writes the files of a made-up city's schools, with planted breaches and a truth file
