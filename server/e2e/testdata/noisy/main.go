// Command noisy is a connector that floods its log: it starts another one, whose path is
// set when it is linked, and writes to standard error as fast as it can.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

var program string

func main() {
	cmd := exec.Command(program, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if len(os.Args) < 2 { // it is to serve
		go func() {
			for n := 0; ; n++ {
				fmt.Fprintf(os.Stderr, `{"@level":"info","@message":"line %d of very many","padding":"%0200d"}`+"\n", n, n)
				if n%1000 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	if err := cmd.Run(); err != nil {
		os.Exit(1)
	}
}
