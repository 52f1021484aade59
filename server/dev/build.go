package dev

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/fault"
)

// CodeBuild: the connector or its simulator could not be built.
const CodeBuild fault.Code = "dev.build_failed"

// NoGo is what an author is told who has no Go.
const NoGo = "Go is not in PATH; install it from https://go.dev/dl"

// Out is the variable that tells a build command where to put the connector.
const Out = "OUT"

// builder makes programs of sources, each time under a new name: the one before
// may still be running.
type builder struct {
	folder string
	made   int
}

// buildFailure is what a compiler says, as it says it.
type buildFailure struct {
	what   string
	output []byte
	cause  error
}

func (f *buildFailure) Error() string { return "building " + f.what + ": " + f.cause.Error() }
func (f *buildFailure) Unwrap() error { return f.cause }

// connector builds the folder with the command or, if that is empty, as a Go
// package. A file is a program already.
func (b *builder) connector(ctx context.Context, path, command string) (string, error) {
	if command != "" {
		return b.byCommand(ctx, path, command)
	}
	return b.program(ctx, "the connector", path)
}

// program gives a program that is one already, or builds the Go package of a folder.
func (b *builder) program(ctx context.Context, what, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fault.New(CodeBuild, fault.Validation, what+" is not there").WithRemedy("name the folder of its sources").Wrap(err)
	}
	if !info.IsDir() {
		return filepath.Abs(path)
	}
	if sources, err := filepath.Glob(filepath.Join(path, "*.go")); err != nil || len(sources) == 0 {
		return "", fault.New(CodeBuild, fault.Validation, path+" holds no Go package").
			WithRemedy(`say how it is built: --build "command", which writes the connector to the path in $` + Out)
	}
	out := b.next()
	return out, b.run(ctx, what, path, out, "go", "build", "-o", out, ".")
}

func (b *builder) byCommand(ctx context.Context, folder, command string) (string, error) {
	out := b.next()
	if err := b.run(ctx, "the connector", folder, out, "sh", "-c", command); err != nil {
		return "", err
	}
	if _, err := os.Stat(out); errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(CodeBuild, fault.Validation, "the command \""+command+"\" wrote nothing to $"+Out).
			WithRemedy(`have it write the connector there, as in --build "cargo build && cp target/debug/acme $` + Out + `"`)
	}
	return out, nil
}

func (b *builder) next() string {
	b.made++
	return filepath.Join(b.folder, "build-"+strconv.Itoa(b.made))
}

func (b *builder) run(ctx context.Context, what, folder, out, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the author's own command
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), Out+"="+out)
	cmd.WaitDelay = time.Second // what the command has started itself may outlive it
	said, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err() // the author has ended it, and knows
	case errors.Is(err, exec.ErrNotFound) && name == "go":
		return fault.New(CodeBuild, fault.Validation, NoGo)
	}
	return &buildFailure{what: what, output: said, cause: err}
}
