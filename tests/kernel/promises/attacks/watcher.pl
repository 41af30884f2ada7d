# Looks at every process that is new in /proc for SECONDS; prints what it can reach through it that
# is not the lab's own: a root, a program, a descriptor, an environment.
use strict;
my $until = time + $ARGV[0];
my @root = stat "/";
my %known = map { $_ => 1 } glob "/proc/[0-9]*";
my $seen = 0;
$| = 1;
print "watching\n";
while (time < $until) {
    opendir my $proc, "/proc" or die;
    for my $pid (grep { /^\d+$/ && !$known{"/proc/$_"} } readdir $proc) {
        $seen++;
        my $at = "/proc/$pid";
        for (1 .. 200) {
            my @its = stat "$at/root/" or last;
            print "root of $pid\n" if "$its[0]:$its[1]" ne "$root[0]:$root[1]";
            if (my $exe = readlink "$at/exe") {
                print "exe $exe\n" if $exe !~ m{^/usr/(bin|sbin)/} || $exe =~ /python/;
            }
            if (my $cwd = readlink "$at/cwd") {
                print "cwd $cwd\n" if $cwd =~ /unreachable/ || !-d $cwd;
            }
            for my $fd (glob "$at/fd/*") {
                my $to = readlink $fd or next;
                print "fd $to\n" if $to =~ m{^/} && $to !~ m{^/(dev/pts/\d+|proc/\d+/fd)$} && !-e $to;
            }
            if (open my $environ, "<", "$at/environ") {
                local $/;
                my $text = <$environ> // "";
                print "environ $1\n" if $text =~ /((?:TERRARIUM|PYTHON|SSH|VIRTUAL_ENV|SUDO)\w*)/;
            }
        }
    }
    closedir $proc;
}
print "seen $seen\n";
