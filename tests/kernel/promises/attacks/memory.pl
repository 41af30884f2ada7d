# memory.pl MEBIBYTES: touches so much memory, and says so if it lives to tell.
use strict;
my @held;
push @held, "x" x (1 << 20) for 1 .. $ARGV[0];
print scalar(@held), "\n";
