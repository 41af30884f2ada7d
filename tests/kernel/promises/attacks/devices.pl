# Makes nodes of dangerous devices in each directory, and opens those it could make.
use strict;
use Fcntl;
my %devices = (
    disk => [0060000, 254, 0], loop => [0060000, 7, 0], mem => [0020000, 1, 1], port => [0020000, 1, 4],
    kmsg => [0020000, 1, 11], kvm => [0020000, 10, 232], "loop-control" => [0020000, 10, 237],
    tun => [0020000, 10, 200], fuse => [0020000, 10, 229], tty0 => [0020000, 4, 0],
);
for my $directory ("/root", "/tmp", "/dev", "/dev/shm", "/run") {
    for my $name (sort keys %devices) {
        my ($type, $major, $minor) = @{$devices{$name}};
        my $path = "$directory/attack-$name";
        syscall(133, "$path\0", $type | 0666, $major << 8 | $minor) == 0 or next;
        print sysopen(my $file, $path, O_RDONLY | O_NONBLOCK) ? "opened" : "made", " $path\n";
    }
}
print "done\n";
