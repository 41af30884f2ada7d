# Walks out of a chroot in a chroot; prints whether the directory it ends in is still the lab's root.
use strict;
my @root = stat "/";
open my $before, "<", "/" or die;
mkdir "/tmp/inner";
chroot "/tmp/inner" or die "chroot: $!";
chdir ".." for 1 .. 64;
chroot "." or die "chroot: $!";
my @end = stat "/";
print "$root[0]:$root[1]" eq "$end[0]:$end[1]" ? "inside" : "outside", "\n";
