package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
)

// adminHandler is what tests drive the server with:
//
//	POST /snapshot      a document (see snapshot.go) takes the place of the snapshot; 400 with the reason when it is not usable
//	POST /kill          ends every stream with UNAVAILABLE; connections stay; answers how many there were
//	POST /refuse?on=1   resets every connection, and new ones until /refuse?on=0
//	GET  /requests      every request so far
func adminHandler(snapshots cache.SnapshotCache, s *streams, g *gate, j *journal) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /snapshot", func(w http.ResponseWriter, r *http.Request) {
		snapshot, err := readSnapshot(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := snapshots.SetSnapshot(r.Context(), everyNode{}.ID(nil), snapshot); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /kill", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, s.endAll())
	})
	mux.HandleFunc("POST /refuse", func(_ http.ResponseWriter, r *http.Request) {
		g.setShut(r.URL.Query().Get("on") == "1")
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/json")
		json.NewEncoder(w).Encode(j.allRequests())
	})
	return mux
}
