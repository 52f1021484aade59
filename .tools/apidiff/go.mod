module github.com/kvitt/kvitt/.tools/apidiff

go 1.26.0

// apidiff has a module of its own, so that the linters do not decide the version of the type checker.
tool golang.org/x/exp/cmd/apidiff

require (
	golang.org/x/exp v0.0.0-20261109185158-a52e3aef5920 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.52.1-0.20261106145633-d407941a339a // indirect
)
