package dev

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settling is how long nothing may change before a change counts as over: editors
// save a file in several steps, and several files at once.
const settling = 80 * time.Millisecond

// watch tells of changes below folders, and of the files that are named, with the
// moment of the first change of each burst. A burst that nobody has taken yet
// grows into the next one.
func watch(ctx context.Context, paths ...string) (<-chan time.Time, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching the sources: %w", err)
	}
	files := map[string]bool{}
	for _, path := range paths {
		if err := follow(watcher, path, files); err != nil {
			_ = watcher.Close()
			return nil, fmt.Errorf("watching the sources: %w", err)
		}
	}
	bursts := make(chan time.Time, 1)
	go func() {
		defer watcher.Close()
		gather(ctx, watcher, files, bursts)
	}()
	return bursts, nil
}

// follow watches a folder with all below it, or one file through its folder, as it
// may be replaced.
func follow(watcher *fsnotify.Watcher, path string, files map[string]bool) error {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		files[filepath.Clean(path)] = true
		return watcher.Add(filepath.Dir(path))
	}
	return filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return nil //nolint:nilerr // what cannot be entered cannot be compiled either
		case at != path && irrelevant(entry.Name()):
			return filepath.SkipDir
		}
		files[filepath.Clean(at)] = true
		return watcher.Add(at)
	})
}

// irrelevant tells folders and files that no build reads.
func irrelevant(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.HasPrefix(name, "4913") ||
		name == "node_modules" || name == "__pycache__" || name == "target" || name == "dist"
}

func gather(ctx context.Context, watcher *fsnotify.Watcher, files map[string]bool, bursts chan<- time.Time) {
	var first time.Time
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-watcher.Events:
			if !open {
				return
			}
			if !concerns(event, files) {
				continue
			}
			if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
				_ = follow(watcher, event.Name, files) // gone again already, or watched from now on
			}
			if first.IsZero() {
				first = time.Now()
			}
			quiet.Reset(settling)
		case _, open := <-watcher.Errors: // too many changes at once: whatever they were, build
			if !open {
				return
			}
			if first.IsZero() {
				first = time.Now()
			}
			quiet.Reset(settling)
		case <-quiet.C:
			select {
			case bursts <- first:
			default: // the one that waits will be built with this one in it
			}
			first = time.Time{}
		}
	}
}

// concerns reports whether an event is about what is watched: the folders with
// what is in them, and the files.
func concerns(event fsnotify.Event, files map[string]bool) bool {
	if event.Op == fsnotify.Chmod || irrelevant(filepath.Base(event.Name)) {
		return false
	}
	name := filepath.Clean(event.Name)
	return files[name] || files[filepath.Dir(name)]
}
