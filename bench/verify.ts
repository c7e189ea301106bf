export const benchVerify = async (_: unknown) => ({ sections: [], targets: [] });
