package pluginhost_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/ports"
)

// deeds are what the hostile connector does to the machine, by their names.
var deeds = map[string]func(argument string) (ports.PayoutPage, error){
	"eat": func(mebibytes string) (ports.PayoutPage, error) {
		eat(mebibytes)
		return names("eaten"), nil
	},
	// Memory that is reserved and never touched is not resident.
	"reserve": func(mebibytes string) (ports.PayoutPage, error) {
		n, _ := strconv.Atoi(mebibytes)
		reserved = append(reserved, make([]byte, n<<20))
		return names(strconv.Itoa(len(reserved))), nil
	},
	"have-eaten": func(mebibytes string) (ports.PayoutPage, error) {
		child := exec.Command("/proc/self/exe")
		child.Env = append(os.Environ(), envHostile+"=glutton", envAppetite+"="+mebibytes)
		return started(child)
	},
	"stray": func(string) (ports.PayoutPage, error) {
		child := exec.Command("sleep", "1000")
		child.Stdout, child.Stderr = duplicate(1), duplicate(2)
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return started(child)
	},
	"leak": func(count string) (ports.PayoutPage, error) {
		n, _ := strconv.Atoi(count)
		for range n {
			go func() { select {} }()
		}
		return names("leaked"), nil
	},
	"flood": func(mebibytes string) (ports.PayoutPage, error) {
		n, _ := strconv.Atoi(mebibytes)
		line := []byte(`{"@level":"error","@message":"flood","text":"` + strings.Repeat("x", 2000) + "\"}\n")
		for written := 0; written < n<<20; {
			m, err := syscall.Write(2, line)
			if err != nil {
				return ports.PayoutPage{}, err
			}
			written += m
		}
		return names("flooded"), nil
	},
	"fail": func(string) (ports.PayoutPage, error) { return ports.PayoutPage{}, errors.New("something private") },
	"wrong-hash": func(string) (ports.PayoutPage, error) {
		return ports.PayoutPage{Raw: []ports.RawPage{{SHA256: "00", Bytes: []byte("x")}}}, nil
	},
}

// envAppetite is how many MiB the glutton eats.
const envAppetite = "KVITT_TEST_APPETITE"

// reserved keeps memory from being collected.
var reserved [][]byte

func started(child *exec.Cmd) (ports.PayoutPage, error) {
	if err := child.Start(); err != nil {
		return ports.PayoutPage{}, err
	}
	return names(fmt.Sprint(child.Process.Pid)), nil
}

// eat takes memory that no garbage collector gives back, a little at a time.
func eat(mebibytes string) {
	n, _ := strconv.Atoi(mebibytes)
	const bite = 4
	for range n / bite {
		memory, err := syscall.Mmap(-1, 0, bite<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			fmt.Fprintln(os.Stderr, "panic: eating:", err)
			os.Exit(4)
		}
		for i := 0; i < len(memory); i += 4096 {
			memory[i] = 1
		}
		time.Sleep(time.Millisecond)
	}
}

// glutton is the main function of a connector's child.
func glutton() {
	eat(os.Getenv(envAppetite))
	select {}
}

// refuse fails as a connector does that knows what is wrong.
func refuse(how string, req ports.ListPayoutsRequest) error {
	const code fault.Code = "acme.refused"
	switch how {
	case "upstream":
		return fault.New(code, fault.Auth, "the token "+req.Connection.Credentials["token"]+" was refused").From(fault.Upstream)
	case "hub":
		return fault.New(code, fault.Auth, "refused")
	}
	return fault.New(fault.Code("acme."+how), fault.Auth, how)
}

// healthy is what stands beside the hostile connector.
type healthy struct{ hostile }

func (healthy) Describe() ports.Description {
	d := hostile{}.Describe()
	d.ID = "healthy"
	return d
}
