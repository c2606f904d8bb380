// The widget's words in the visitor's language: baked in by bundle.py, by their ids in the catalogue without `widget-`.
export const words = /* words */ {};
